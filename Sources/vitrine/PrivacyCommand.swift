import ArgumentParser
import CheckedYAML
import Foundation
import Server

struct PrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Export or erase what the shop stores about one customer.", subcommands: [Export.self, Erase.self])

    struct Source: ParsableArguments {
        @Option(help: "The server's configuration file: it names the database.")
        var config: String

        @Option(help: "The customer.")
        var user: String

        func open() throws -> PersonalData {
            do {
                return try PersonalData(try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder))
            } catch let error as YAMLError {
                throw Environment.fail("\(error)", code: 78)
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print everything stored about a customer as JSON lines: {\"table\", \"row\"}.")
        @OptionGroup var source: Source

        func run() throws {
            let data = try source.open()
            defer { data.close() }
            do {
                for line in try data.export(source.user) { printLine(line) }
            } catch {
                throw Environment.fail(error.message)
            }
        }
    }

    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a customer from the shop's database and show that nothing is left.",
            discussion: "Prints what was removed, table by table, then looks again; exits with 1 if anything is left. It cannot be undone.")
        @OptionGroup var source: Source

        @Flag(help: "Do it; without this flag it only says what would go.")
        var yes = false

        func run() throws {
            let data = try source.open()
            defer { data.close() }
            do {
                let before = try data.count(source.user)
                guard yes else {
                    for (table, count) in before { printLine("\(table): \(count) would go") }
                    return printLine("nothing was changed; add --yes to do it")
                }
                for (table, count) in try data.erase(source.user) { printLine("\(table): \(count) removed") }
                let left = try data.count(source.user).reduce(0) { $0 + $1.count }
                printLine("left: \(left)")
                if left > 0 { throw ExitCode(1) }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }
}
