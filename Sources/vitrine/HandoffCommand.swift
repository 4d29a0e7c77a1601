import ArgumentParser
import Wire

struct HandoffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handoff", abstract: "Take over conversations that wait for a person.",
        subcommands: [List.self, Take.self, Reply.self, Release.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the conversations that wait or are taken.")
        @OptionGroup var admin: AdminConnection

        @Flag(help: "Released ones too, newest first.")
        var all = false

        @Option(help: "How many.")
        var limit: UInt32 = 50

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let request = ListHandoffsRequest(all: all, limit: limit)
            let reply = try admin.call(.adminListHandoffs, request.encoded()) { try ListHandoffsReply(decoding: $0) }
            if json { return printLine(try reply.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .listHandoffsReply) }) }
            for handoff in reply.handoffs { HandoffCommand.show(handoff) }
            if reply.handoffs.isEmpty { printLine("nobody waits") }
        }
    }

    struct Take: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a conversation: from now on you answer, not the agents.")
        @OptionGroup var admin: AdminConnection

        @Argument(help: "The number of the hand-over.")
        var number: Int64

        @Option(help: "Your name, as the customer sees it.")
        var name: String

        func run() throws { try HandoffCommand.update(admin, number, .take(HandoffTake(person: name))) }
    }

    struct Reply: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write to the customer.")
        @OptionGroup var admin: AdminConnection

        @Argument(help: "The number of the hand-over.")
        var number: Int64

        @Argument(help: "What the customer reads.")
        var text: String

        func run() throws { try HandoffCommand.update(admin, number, .answer(HandoffAnswer(text: text))) }
    }

    struct Release: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give the conversation back: the agents answer again.")
        @OptionGroup var admin: AdminConnection

        @Argument(help: "The number of the hand-over.")
        var number: Int64

        func run() throws { try HandoffCommand.update(admin, number, .release(HandoffRelease())) }
    }

    private static func update(_ admin: AdminConnection, _ number: Int64, _ action: UpdateHandoffRequest.Kind) throws {
        let request = UpdateHandoffRequest(number: number, kind: action)
        show(try admin.call(.adminUpdateHandoff, request.encoded()) { try HandoffInfo(decoding: $0) })
    }

    private static func show(_ handoff: HandoffInfo) {
        let person = handoff.person.isEmpty ? "" : " by \(handoff.person)"
        printLine(
            "\(handoff.number)  \(handoff.state)\(person)  \(handoff.connected ? "connected" : "gone")  \(handoff.user)  \(handoff.reason)  "
                + handoff.language)
        for line in handoff.summary.split(separator: "\n") { printLine("    \(line)") }
    }
}
