-- What Kuma has made before a balancer starts (as far as a balancer reads it): three nodes, set-up done, 300 monitors.
CREATE DATABASE kuma CHARACTER SET utf8mb4;
CREATE USER 'kuma'@'127.0.0.1' IDENTIFIED BY '@DATABASE_PASSWORD@';
GRANT ALL PRIVILEGES ON kuma.* TO 'kuma'@'127.0.0.1';
USE kuma;
CREATE TABLE IF NOT EXISTS `node` (
    node_id VARCHAR(50) NOT NULL PRIMARY KEY,
    node_name VARCHAR(100) NOT NULL,
    location VARCHAR(200) NULL,
    host VARCHAR(45) NULL,
    hostname VARCHAR(100) NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'online',
    active TINYINT NOT NULL DEFAULT 1,
    is_primary TINYINT NOT NULL DEFAULT 0,
    created_date DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    modified_date DATETIME NULL,
    last_seen TIMESTAMP NULL,
    KEY idx_node_name (node_name),
    KEY idx_status (status),
    KEY idx_active (active),
    KEY idx_is_primary (is_primary)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
CREATE TABLE IF NOT EXISTS monitor (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(150) NULL,
    active TINYINT NOT NULL DEFAULT 1,
    user_id INT UNSIGNED NULL,
    `interval` INT NOT NULL DEFAULT 20,
    url TEXT NULL,
    type VARCHAR(20) NULL,
    node_id VARCHAR(50) NULL,
    assigned_node VARCHAR(255) NULL,
    KEY idx_node_id (node_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
CREATE TABLE IF NOT EXISTS `user` (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    username VARCHAR(255) NOT NULL UNIQUE,
    password VARCHAR(255) NULL,
    active TINYINT NOT NULL DEFAULT 1
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;
INSERT INTO `user` (username) VALUES ('admin');
INSERT INTO node (node_id, node_name, host, is_primary) VALUES
    ('node1', 'Node 1', NULL, 1), ('node2', 'Node 2', NULL, 0), ('node3', 'Node 3', NULL, 0);
INSERT INTO monitor (name, node_id) SELECT CONCAT('monitor ', seq), CONCAT('node', 1 + seq % 3) FROM seq_1_to_300;
