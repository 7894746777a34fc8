import ChildProcesses
import Testing

@Suite("Ports for children")
struct ReservedPortsTests {
    @Test("Ports are free, in a row, and below those that the kernel gives to outgoing connections")
    func ports() throws {
        let ports = try ReservedPorts.take(3)
        #expect(ports[1] == ports[0] + 1 && ports[2] == ports[0] + 2)
        #expect(ports.allSatisfy { ReservedPorts.range.contains($0) && ReservedPorts.isFree($0) })
    }
}
