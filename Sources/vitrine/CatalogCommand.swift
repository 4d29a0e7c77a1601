import ArgumentParser
import Catalog
import CheckedYAML
import EventLoop
import Foundation
import Fusion
import Server

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Fill the shop's database and look into it.", subcommands: [Import.self, Search.self, Show.self])

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

    struct Search: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Search the catalogue by words, by a photo, or by both, as the server would.")

        @OptionGroup var source: Source

        @Option(help: "Words; filters in them are understood.")
        var text: String?

        @Option(help: ArgumentHelp("A photo.", valueName: "file"))
        var image: String?

        @Option(
            help: ArgumentHelp(
                "Several photos, one search each: a JSONL file of {\"id\", \"image\"}; prints how often the id is among the first 1 and 5.",
                valueName: "file"))
        var queries: String?

        @Option(help: "How many.")
        var top = 5

        @Flag(help: "Print JSON lines.")
        var json = false

        func run() throws {
            guard text != nil || image != nil || queries != nil else { throw Environment.fail("give --text, --image or --queries", code: 64) }
            guard (1...1_000).contains(top) else { throw Environment.fail("--top takes a number from 1 to 1000", code: 64) }
            var configuration = try source.load()
            configuration.plugins = configuration.plugins.filter { ["text-encoder", "vision-encoder"].contains($0.name) }
            configuration.logLevel = .warning
            do {
                let shop = try ShopSearch(configuration)
                defer { shop.close() }
                if let queries { return try measure(queries, shop) }
                let found = try shop.search(text: text, image: try image.map(read), top: top)
                for hit in found.hits { printLine(json ? hitJSON(hit) : hitLine(hit)) }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }

        private func read(_ file: String) throws -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Environment.fail("\(file): no such file, or it cannot be read", code: 66)
            }
            return Array(data)
        }

        private func measure(_ file: String, _ shop: ShopSearch) throws {
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            var ranks: [Int] = []
            for line in String(decoding: try read(file), as: UTF8.self).split(separator: "\n") {
                guard let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], let id = row["id"] as? String,
                    let picture = row["image"] as? String
                else { throw Environment.fail("\(file): a line is {\"id\", \"image\"}, not \(line)", code: 65) }
                let hits = try shop.search(text: nil, image: try read(folder + "/" + picture), top: 1_000).hits
                let rank = (hits.firstIndex { $0.productID == id } ?? 9_999) + 1
                ranks.append(rank)
                if json { printLine(jsonText(["id": id, "rank": rank, "first": hits.first?.productID ?? ""])) }
            }
            func share(_ k: Int) -> Double { ranks.isEmpty ? 0 : Double(ranks.filter { $0 <= k }.count) / Double(ranks.count) }
            printLine(jsonText(["queries": ranks.count, "top_1": share(1), "top_5": share(5), "top_10": share(10)]))
        }

        private func hitLine(_ hit: ShopSearch.Found) -> String {
            "\(hit.productID)  \(hit.title)  \(hit.price)  score \(hit.score)  "
                + hit.shares.map { "\($0.modality) \(Int(($0.share * 100).rounded())) %" }.joined(separator: ", ")
        }

        private func hitJSON(_ hit: ShopSearch.Found) -> String {
            jsonText([
                "id": hit.productID, "title": hit.title, "price": hit.price, "score": hit.score,
                "shares": Dictionary(hit.shares.map { ($0.modality, $0.share) }, uniquingKeysWith: { first, _ in first }),
            ])
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

    func end() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { vitrine.write(text, to: 2) }
}
