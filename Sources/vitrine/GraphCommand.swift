import ArgumentParser
import CheckedYAML
import Fusion
import Server

struct GraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Check and draw fusion graphs.", subcommands: [Check.self, Show.self])

    struct Source: ParsableArguments {
        @Argument(help: "The graph file.")
        var file: String

        @Option(help: ArgumentHelp("Folder of the plugins whose manifests the graph is checked against.", valueName: "folder"))
        var plugins: String?

        func load() throws -> GraphPlan {
            do {
                let ports = try PluginManifests.read(folder: plugins ?? Environment.pluginFolder)
                return try GraphPlan.load(file, ports: ports.isEmpty ? nil : { ports.ports(of: $0) })
            } catch let error as YAMLError {
                throw Environment.fail("\(error)", code: 65)
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check a graph; says file, line and ports of what is wrong.")
        @OptionGroup var source: Source

        func run() throws {
            let plan = try source.load()
            printLine(
                "\(source.file): graph '\(plan.name)' is right: \(plan.streams.count) stream nodes, \(plan.steps.count) fusion steps, "
                    + "\(plan.agents.count) agents"
            )
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Draw a graph as text, or for Graphviz with --dot.")
        @OptionGroup var source: Source

        @Flag(help: "In Graphviz's language: pipe it through 'dot -Tsvg'.")
        var dot = false

        func run() throws {
            let plan = try source.load()
            printLine(dot ? plan.dot() : plan.text())
        }
    }
}
