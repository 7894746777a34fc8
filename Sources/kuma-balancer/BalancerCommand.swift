@main
struct BalancerCommand {
    static func main() {}
}
