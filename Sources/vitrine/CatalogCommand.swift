import ArgumentParser
import Catalog
import CheckedYAML
import EventLoop
import Foundation
import Fusion
import Server

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Fill the shop's database and look into it.",
        subcommands: [Import.self, Search.self, Show.self, Events.self])

    struct Source: ParsableArguments {
        @Option(help: "The server's configuration file: it names the database and the plugins.")
        var config: String

        func load() throws -> ServerConfiguration {
            do {
                var configuration = try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder)
                if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
                guard !configuration.databaseFile.isEmpty else { throw Environment.fail("\(config): 'catalog: database:' is needed", code: 78) }
                return configuration
            } catch let error as YAMLError {
                throw Environment.fail("\(error)", code: 78)
            }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Import products, texts, orders, users, reviews and example utterances from a folder.",
            discussion: """
                Bad rows are reported with file and line, the others imported; unchanged rows are not encoded again. The import arrives whole \
                or not at all. Exits with 1 when rows were refused.
                """)

        @OptionGroup var source: Source

        @Argument(help: "The shop's folder.")
        var folder: String

        @Flag(help: "Print the report as JSON.")
        var json = false

        func run() throws {
            var configuration = try source.load()
            configuration.plugins = configuration.plugins.filter { ["text-encoder", "vision-encoder"].contains($0.name) }
            configuration.logLevel = .warning
            let database = URL(fileURLWithPath: configuration.databaseFile).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: database, withIntermediateDirectories: true)
            do {
                let shop = try ShopImport(configuration)
                let bar = ProgressBar()
                let report = try shop.importFolder(folder, intentsFile: configuration.intentsFile.isEmpty ? nil : configuration.intentsFile) {
                    bar.show($0)
                }
                bar.end()
                shop.close()
                if json { printLine(reportJSON(report)) } else { printReport(report) }
                if report.problemCount > 0 { throw ExitCode(1) }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }

        private func printReport(_ report: ImportReport) {
            for problem in report.problems { printLine("refused  \(problem)") }
            for (name, count) in counts(report) {
                printLine("\(name): \(count.total)  (\(count.added) new, \(count.updated) changed, \(count.unchanged) as before)")
            }
            printLine("encoded \(report.textsEncoded) texts and \(report.imagesEncoded) pictures; \(report.problemCount) rows refused")
        }

        private func counts(_ report: ImportReport) -> [(String, ImportReport.Count)] {
            [
                ("products", report.products), ("texts", report.documents), ("examples", report.intents), ("orders", report.orders),
                ("users", report.users), ("reviews", report.reviews),
            ]
        }

        private func reportJSON(_ report: ImportReport) -> String {
            var object: [String: Any] = [
                "texts_encoded": report.textsEncoded, "images_encoded": report.imagesEncoded, "refused": report.problemCount,
                "catalog_hash": report.catalogHash,
                "problems": report.problems.map { ["file": $0.file, "line": $0.line, "reason": $0.reason] as [String: Any] },
            ]
            for (name, count) in counts(report) { object[name] = ["added": count.added, "updated": count.updated, "unchanged": count.unchanged] }
            return jsonText(object)
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what the database holds, or one product.")

        @OptionGroup var source: Source

        @Argument(help: "Id of a product.")
        var product: String?

        func run() throws {
            let configuration = try source.load()
            do {
                let stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
                defer { stores.close() }
                let snapshot = try stores.loadSnapshot()
                if let product {
                    guard let found = snapshot.product(product) else { throw Environment.fail("there is no product '\(product)'") }
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    printLine(String(decoding: try encoder.encode(found), as: UTF8.self))
                    return
                }
                printLine("products: \(snapshot.products.count)")
                for category in Set(snapshot.products.map(\.category)).sorted() {
                    printLine("  \(category): \(snapshot.products.filter { $0.category == category }.count)")
                }
                printLine("texts: \(snapshot.documents.count)\nexamples: \(snapshot.intentExamples.count)")
                for (modality, space) in snapshot.spaces.sorted(by: { $0.key < $1.key }) { printLine("space of \(modality): \(space)") }
                printLine("hash: \(snapshot.hash)")
            } catch let error as StoreError {
                throw Environment.fail(error.message)
            }
        }
    }
}

/// Deterministic JSON of a small object.
func jsonText(_ object: [String: Any]) -> String {
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
}

/// One line on a terminal that fills up; a line a stage otherwise. Any thread.
final class ProgressBar: @unchecked Sendable {
    // Invariant: touched under the lock alone.
    private let lock = NSLock()
    private var stage = ""
    private var said: Set<String> = []
    private let isTerminal = isatty(2) == 1

    func show(_ progress: ImportProgress) { show(stage: progress.stage, done: progress.done, total: progress.total) }

    func show(stage now: String, done: Int, total: Int) {
        lock.withLock {
            if isTerminal {
                let filled = min(30, done * 30 / max(total, 1))
                let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
                write("\r\u{1B}[K\(bar) \(now) \(done)/\(total)")
            } else if now != stage {
                write("\(now)\n")
            }
            stage = now
        }
    }

    /// A line that stays, above the bar.
    func say(once text: String) {
        lock.withLock {
            guard said.insert(text).inserted else { return }
            write(isTerminal ? "\r\u{1B}[K\(text)\n" : "\(text)\n")
        }
    }

    func end() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { vitrine.write(text, to: 2) }
}
