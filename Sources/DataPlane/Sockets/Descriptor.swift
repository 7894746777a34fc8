import Glibc

/// The one owner of an open file descriptor: closes it when it goes. Handing it over is `consuming`.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes over an open descriptor that nobody else will close.
    init(owning number: Int32) { self.number = number }

    // close(2) is not repeated after EINTR: on Linux the descriptor is gone already.
    deinit { _ = close(number) }
}
