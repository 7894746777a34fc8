import Glibc

/// Time between two requests of a load generator's thread; never a way to wait for something.
enum Pause {
    static func milliseconds(_ count: UInt32) { usleep(count * 1_000) }
}
