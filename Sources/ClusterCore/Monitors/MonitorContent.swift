/// Stands for what a monitor is to check and how: everything in its row but who runs it. Two contents may be equal by
/// chance, once in 2^64.
package struct MonitorContent: Hashable, Sendable {
    /// 16 hexadecimal digits, made by the database.
    package let digest: String

    package init(digest: String) { self.digest = digest }
}
