import ArgumentParser
import Evaluation
import Foundation
import TextTerms

struct TrainTerms: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terms",
        abstract: "Count how many of the shop's texts have each word, for the text encoder's sparse vectors.",
        discussion: """
            A text is a product's title and description in one language. The table goes to the text encoder's option 'terms'. Rows that are no \
            products end the command with code 65.
            """)

    @Argument(help: ArgumentHelp("Products, as `vitrine catalog import` takes them (products.jsonl).", valueName: "file"))
    var products: String

    @Option(help: ArgumentHelp("The table to write.", valueName: "file"))
    var out: String

    @Option(help: "A word that fewer texts have is left out, 1 to 1000.")
    var textsMin = 1

    @Flag(help: "Print what was counted as JSON.")
    var json = false

    func run() throws {
        guard (1...1_000).contains(textsMin) else { throw Environment.fail("--texts-min takes a number from 1 to 1000", code: 64) }
        let table: TermTable
        do {
            table = try TermTable(counting: try reportingDataErrors { try texts() }, documentsMin: textsMin)
        } catch let error as TermTable.Problem {
            throw Environment.fail("\(products): \(error)", code: 65)
        }
        do {
            try table.text.write(toFile: out, atomically: true, encoding: .utf8)
        } catch {
            throw Environment.fail("\(out): \(error.localizedDescription)", code: 73)
        }
        if json { return printLine("{\"texts\": \(table.documents), \"terms\": \(table.terms.count)}") }
        printLine("\(table.terms.count) terms of \(table.documents) texts → \(out)")
    }

    private func texts() throws -> [String] {
        var texts: [String] = []
        for row in try LineReader.objects(products) {
            guard let titles = row.fields["title"] as? [String: String], !titles.isEmpty else {
                throw row.fail("'title' must be an object with a text for each language")
            }
            let descriptions = row.fields["description"] as? [String: String] ?? [:]
            for language in titles.keys.sorted() { texts.append((titles[language] ?? "") + "\n" + (descriptions[language] ?? "")) }
        }
        return texts
    }
}
