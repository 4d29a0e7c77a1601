import Agents
import ArgumentParser
import Catalog
import EventLoop
import Foundation
import Server

extension CatalogCommand {
    struct Search: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Search the catalogue as the recommendation agent does: by words, a photo, a product, or several of them.",
            discussion: """
                vitrine catalog search --config shop.yaml --text "gold rings under 500 dollars"
                vitrine catalog search --config shop.yaml --image photo.jpg --text "in silver"
                vitrine catalog search --config shop.yaml --like PRODUCT --but "with pearls, cheaper than 200 dollars" --diversity 0.3 --explain
                vitrine catalog search --config shop.yaml --goes-with PRODUCT --disliked PRODUCT
                vitrine catalog search --config shop.yaml --text "a leaf" --across        words find pictures
                vitrine catalog search --config shop.yaml --image photo.jpg --across      a photo finds titles

                Rules and ranker are those of the configuration.
                """)

        @OptionGroup var source: Source

        @Option(help: "Words; filters in them are understood.")
        var text: String?

        @Option(help: ArgumentHelp("A photo.", valueName: "file"))
        var image: String?

        @Option(help: ArgumentHelp("More like this product.", valueName: "id"))
        var like: String?

        @Option(help: ArgumentHelp("… but so: what is said here replaces what the product is.", valueName: "words"))
        var but: String?

        @Option(help: ArgumentHelp("What goes with this product, by the rules' complements.", valueName: "id"))
        var goesWith: String?

        @Option(help: ArgumentHelp("field=value, field!=value, price<=amount or price>=amount; may be repeated.", valueName: "condition"))
        var filter: [String] = []

        @Option(help: ArgumentHelp("A product that was liked in this session; may be repeated.", valueName: "id"))
        var liked: [String] = []

        @Option(help: ArgumentHelp("A product that was disliked; may be repeated.", valueName: "id"))
        var disliked: [String] = []

        @Option(help: ArgumentHelp("A product that was looked at, for what others went on to; may be repeated.", valueName: "id"))
        var viewed: [String] = []

        @Option(help: "0 = by score alone, 1 = as different from each other as can be. The rules' own without it.")
        var diversity: Double?

        @Option(help: "Language of titles and reasons: en or zh.")
        var language = "en"

        @Option(
            help: ArgumentHelp(
                "Several photos, one search each: a JSONL file of {\"id\", \"image\"}; prints how often the id is among the first 1 and 5.",
                valueName: "file"))
        var queries: String?

        @Option(help: "How many.")
        var top = 5

        @Flag(help: "Compare words with pictures and the photo with titles, in the space that 'catalog: space:' names, and nothing else.")
        var across = false

        @Flag(help: "Say why each was found: every signal with its share and part in the score.")
        var explain = false

        @Flag(help: "Print JSON lines.")
        var json = false

        func validate() throws {
            guard text != nil || image != nil || like != nil || goesWith != nil || queries != nil else {
                throw ValidationError("give --text, --image, --like, --goes-with or --queries")
            }
            guard (1...1_000).contains(top) else { throw ValidationError("--top takes a number from 1 to 1000") }
            guard diversity.map({ (0...1).contains($0) }) ?? true else { throw ValidationError("--diversity takes a number from 0 to 1") }
            guard ["en", "zh"].contains(language) else { throw ValidationError("--language takes en or zh") }
            guard but == nil || like != nil else { throw ValidationError("--but says how --like PRODUCT should differ") }
            guard !across || (like == nil && goesWith == nil && queries == nil) else {
                throw ValidationError("--across goes with --text and --image")
            }
            guard like == nil || goesWith == nil else { throw ValidationError("--like and --goes-with ask for different things") }
            _ = try conditions()
        }

        func run() throws {
            var configuration = try source.load()
            let wanted = image == nil && queries == nil ? ["text-encoder"] : ["text-encoder", "vision-encoder"]
            configuration.plugins = configuration.plugins.filter { wanted.contains($0.name) }
            configuration.logLevel = .warning
            do {
                let shop = try ShopSearch(configuration)
                defer { shop.close() }
                if let queries { return try measure(queries, shop) }
                let found = try shop.search(try question())
                if found.hits.isEmpty { write("nothing in the catalogue meets this\n", to: 2) }
                for hit in found.hits { printLine(json ? hitJSON(hit) : hitText(hit)) }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }

        private func question() throws -> ShopSearch.Question {
            var question = ShopSearch.Question()
            question.text = text
            question.image = try image.map(read)
            question.like = like
            question.but = but
            question.goesWith = goesWith
            question.filter = try conditions()
            question.events = viewed.map { ("view", $0) } + liked.map { ("like", $0) } + disliked.map { ("dislike", $0) }
            question.diversity = diversity.map { Float($0) }
            question.isAcross = across
            question.language = language
            question.top = top
            return question
        }

        /// The --filter options as one filter.
        func conditions() throws -> ProductFilter {
            var result = ProductFilter()
            for text in filter {
                guard let sign = ["!=", "<=", ">=", "="].first(where: text.contains), let range = text.range(of: sign) else {
                    throw ValidationError("--filter '\(text)': field=value, field!=value, price<=amount or price>=amount")
                }
                let (field, value) = (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
                guard !field.isEmpty, !value.isEmpty else { throw ValidationError("--filter '\(text)': a field and a value are needed") }
                if sign == "<=" || sign == ">=" {
                    guard field == "price", let amount = Double(value), (0...1e9).contains(amount) else {
                        throw ValidationError("--filter '\(text)': only the price has a least and a most, as a number of the shop's currency")
                    }
                    let minor = Int64((amount * 100).rounded())
                    if sign == "<=" { result.priceMaxMinor = minor } else { result.priceMinMinor = minor }
                } else if field == "in_stock", sign == "=" {
                    result.inStock = value == "true"
                } else {
                    var choice = result[field: field]
                    if sign == "=" { choice.anyOf.append(value) } else { choice.noneOf.append(value) }
                    result[field: field] = choice
                }
            }
            return result
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
                var question = ShopSearch.Question()
                question.image = try read(folder + "/" + picture)
                question.diversity = 0
                question.top = 1_000
                let hits = try shop.search(question).hits
                let rank = (hits.firstIndex { $0.productID == id } ?? 9_999) + 1
                ranks.append(rank)
                if json { printLine(jsonText(["id": id, "rank": rank, "first": hits.first?.productID ?? ""])) }
            }
            func share(_ k: Int) -> Double { ranks.isEmpty ? 0 : Double(ranks.filter { $0 <= k }.count) / Double(ranks.count) }
            printLine(jsonText(["queries": ranks.count, "top_1": share(1), "top_5": share(5), "top_10": share(10)]))
        }

        private func hitText(_ hit: ShopSearch.Found) -> String {
            var lines = [
                "\(hit.productID)  \(hit.title)  \(hit.price)\(hit.inStock ? "" : ", not in stock")  score \(hit.score)  "
                    + hit.reasons.map { "\($0.signal) \(Self.percent($0.share))" }.joined(separator: ", ")
            ]
            if explain {
                lines += hit.reasons.map { "    \(Self.percent($0.share))  \($0.text)" }
                lines += hit.parts.map { "      \($0.signal): \($0.amount) gives \($0.part) to the score" }
            }
            return lines.joined(separator: "\n")
        }

        private static func percent(_ share: Float) -> String { "\(Int((share * 100).rounded())) %" }

        private func hitJSON(_ hit: ShopSearch.Found) -> String {
            var object: [String: Any] = [
                "id": hit.productID, "title": hit.title, "price": hit.price, "score": hit.score, "in_stock": hit.inStock,
                "shares": Dictionary(hit.reasons.map { ($0.signal, $0.share) }, uniquingKeysWith: +),
            ]
            if explain {
                object["reasons"] = hit.reasons.map { ["signal": $0.signal, "share": $0.share, "text": $0.text] as [String: Any] }
                object["parts"] = hit.parts.map { ["signal": $0.signal, "amount": $0.amount, "part": $0.part] as [String: Any] }
            }
            return jsonText(object)
        }
    }
}
