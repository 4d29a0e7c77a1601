import ArgumentParser
import Catalog
import Evaluation
import Foundation

struct TrainVocabulary: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocabulary",
        abstract: "List the words by which customers ask for the shop's products, for the speech recogniser to expect.",
        discussion: """
            Words of titles and names of the attributes that products have, in each language of the titles, those of most products first. The \
            file goes to the speech recogniser's option 'vocabulary'. Rows that are no products end the command with code 65.
            """)

    @Argument(help: ArgumentHelp("Products, as `vitrine catalog import` takes them (products.jsonl).", valueName: "file"))
    var products: String

    @Option(help: ArgumentHelp("The vocabulary to write.", valueName: "file"))
    var out: String

    @Option(help: "Words of a language at most, 10 to 5000.")
    var wordsMax = 1_000

    @Flag(help: "Print what was listed as JSON.")
    var json = false

    func run() throws {
        guard (10...5_000).contains(wordsMax) else { throw Environment.fail("--words-max takes a number from 10 to 5000", code: 64) }
        let words = CatalogueWords.expected(of: try reportingDataErrors { try read() }).mapValues { Array($0.prefix(wordsMax)) }
        do {
            try (jsonText(["words": words]) + "\n").write(toFile: out, atomically: true, encoding: .utf8)
        } catch {
            throw Environment.fail("\(out): \(error.localizedDescription)", code: 73)
        }
        if json { return printLine(jsonText(words.mapValues(\.count))) }
        for (language, words) in words.sorted(by: { $0.key < $1.key }) {
            printLine("\(language): \(words.count) words, first \(words.prefix(8).joined(separator: ", "))")
        }
    }

    /// What of a product is said: titles, category and attributes.
    private func read() throws -> [Product] {
        try LineReader.objects(products).map { row in
            guard let titles = row.fields["title"] as? [String: String], !titles.isEmpty else {
                throw row.fail("'title' must be an object with a text for each language")
            }
            var attributes: [String: AttributeValue] = [:]
            for (name, value) in row.fields["attributes"] as? [String: Any] ?? [:] {
                if let text = value as? String {
                    attributes[name] = .text(text)
                } else if let texts = value as? [String] {
                    attributes[name] = .list(texts)
                }
            }
            return Product(id: try row.string("id"), category: try row.optionalString("category") ?? "", title: titles, attributes: attributes)
        }
    }
}
