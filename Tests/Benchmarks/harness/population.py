"""Kuma's rows for the scale benchmark: nodes with addresses, monitors with homes."""

from . import machine

# Kuma and we add columns later; a database for each point keeps the points apart.
TABLES = ["monitor", "node", "cluster_move", "cluster_event", "cluster_lease", "cluster_balancer", "cluster_job"]


def populate(database, nodes, monitors, health_port, on_first=0):
    """`nodes` nodes, whose addresses Tests/Benchmarks/Scale/AgentRig.swift serves; `on_first` monitors on node1, and the other
    monitors spread over the other nodes."""
    rows = []
    for table in TABLES:
        rows.append(f"DELETE FROM {table};" if table in ("monitor", "node") else f"DROP TABLE IF EXISTS {table};")
    rows.append(f"""
        INSERT INTO node (node_id, node_name, host, status, active, is_primary)
        SELECT CONCAT('node', seq), CONCAT('Node ', seq),
            CONCAT('127.20.', seq DIV 250, '.', seq % 250 + 1, ':{health_port}'), 'online', 1, seq = 1
        FROM seq_1_to_{nodes};""")
    if on_first:
        rows.append(monitor_rows(1, on_first, "'node1'"))
    if monitors > on_first:
        spread = f"CONCAT('node', 2 + seq % {nodes - 1})" if on_first else f"CONCAT('node', 1 + seq % {nodes})"
        rows.append(monitor_rows(on_first + 1, monitors, spread))
    rows.append("ANALYZE TABLE node, monitor;")
    database.sql("USE kuma;\n" + "\n".join(rows))


def monitor_rows(first, last, home):
    """As wide as Kuma's, so that a plan which reads the rows themselves would show."""
    return f"""
        INSERT INTO monitor (id, name, active, user_id, url, type, node_id)
        SELECT seq, CONCAT('monitor ', seq), 1, 1, CONCAT('https://', REPEAT('service.example/', 12), seq), 'http', {home}
        FROM seq_{first}_to_{last};"""


def description():
    about = machine.description()
    about["mariadb"] = machine.version([machine.find("mariadbd"), "--version"], "Ver").partition("Ver ")[2].split()[0]
    return about
