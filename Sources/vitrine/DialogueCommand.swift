import Agents
import ArgumentParser

struct DialogueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dialogue", abstract: "Check and draw the dialogue policy of customer service.", subcommands: [Check.self, Show.self])

    struct Source: ParsableArguments {
        @Argument(help: "The policy's file.")
        var file: String

        func load() throws -> DialoguePolicy {
            do {
                return try DialoguePolicy.load(file)
            } catch {
                throw Environment.fail("\(error)", code: 65)
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a policy: unknown or unreachable states, dead ends, rounds that never wait; says file and line.")
        @OptionGroup var source: Source

        func run() throws {
            let policy = try source.load()
            let actions = policy.states.filter { if case .perform = $0.kind { true } else { false } }.count
            printLine("\(source.file): \(policy.states.count) states, \(actions) actions; every state is reached and leads back to '\(policy.start)'")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Draw a policy as text, or for Graphviz with --dot.")
        @OptionGroup var source: Source

        @Flag(help: "In Graphviz's language: pipe it through 'dot -Tsvg'.")
        var dot = false

        func run() throws {
            let policy = try source.load()
            printLine(dot ? policy.dot() : policy.text())
        }
    }
}
