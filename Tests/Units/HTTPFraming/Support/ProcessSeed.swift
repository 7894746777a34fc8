import Glibc

enum ProcessSeed {
    /// The seed of the environment, to repeat a run.
    static var given: UInt64? { getenv("FRAMING_SEED").flatMap { UInt64(String(cString: $0)) } }
}
