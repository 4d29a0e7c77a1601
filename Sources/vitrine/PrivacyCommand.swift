import ArgumentParser
import CheckedYAML
import Foundation
import Recording
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
            abstract: "Remove a customer from the shop's database, recordings and models and show that nothing is left.",
            discussion: """
                Prints what was removed, table by table, then looks again; exits with 1 if anything is left. Where the configuration has \
                'recording:', the key of the customer's recordings is destroyed first, so that no copy of them can be read, and the files are \
                removed. A ranker that was learnt from a file with the customer's behaviour is not used any more: a server that runs lets it go \
                within seconds. It cannot be undone.
                """)
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
                var isReadable = false
                if let recordings = try data.eraseRecordings(source.user) {
                    let erased = recordings.erased
                    printLine("recordings: \(erased.keyDestroyed ? "key destroyed" : "there was no key"), \(erased.files) files removed")
                    isReadable = recordings.isReadable
                    printLine(isReadable ? "recordings: a key was made anew meanwhile" : "recordings: none can be read any more")
                }
                for (table, count) in try data.erase(source.user) { printLine("\(table): \(count) removed") }
                for folder in try data.staleModels() {
                    printLine("models: \(folder) was learnt from an erased customer and is not used any more; train it again")
                }
                let left = try data.count(source.user).reduce(0) { $0 + $1.count }
                printLine("left: \(left)")
                if left > 0 || isReadable { throw ExitCode(1) }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }
}
