import Foundation
import Testing

@testable import TextTerms

/// What scikit-learn makes of the same texts: see Fixtures/tfidf.py.
private struct Reference {
    var texts: [String] = []
    var terms: [(term: String, count: Int, idf: Double)] = []
    var queries: [(text: String, weights: [(term: String, value: Double)])] = []

    static func read(_ name: String) throws -> Reference {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/tfidf.txt")
        var sets: [String: Reference] = [:]
        var current = ""
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch fields[0] {
            case "set": current = fields[1]
            case "text": sets[current, default: Reference()].texts.append(fields[1])
            case "term": sets[current]?.terms.append((fields[1], try #require(Int(fields[2])), try #require(Double(fields[3]))))
            case "query": sets[current]?.queries.append((fields[1], []))
            default:
                let last = (sets[current]?.queries.count ?? 1) - 1
                sets[current]?.queries[last].weights.append((fields[1], try #require(Double(fields[2]))))
            }
        }
        return try #require(sets[name])
    }
}

@Suite("Words and what they say")
struct TextTermsTests {
    @Test("terms, frequencies and weights are scikit-learn's", arguments: ["plain", "mixed"])
    func scikitLearn(_ name: String) throws {
        let reference = try Reference.read(name)
        #expect(reference.terms.count > 20 && reference.queries.count == 12)
        let table = try TermTable(counting: reference.texts)
        #expect(table.terms == reference.terms.map(\.term))
        #expect(table.counts == reference.terms.map(\.count))
        for (place, term) in reference.terms.enumerated() { #expect(abs(table.inverseFrequency(place) - term.idf) < 1e-9, "\(term.term)") }
        for query in reference.queries {
            let vector = table.vector(of: query.text)
            #expect(vector.indices.map { table.terms[$0] } == query.weights.map(\.term), "\(query.text)")
            #expect(zip(vector.values, query.weights).allSatisfy { abs(Double($0) - $1.value) < 1e-6 }, "\(query.text)")
        }
    }

    @Test("one way of writing stands for all that mean the same")
    func forms() {
        #expect(TextTerms.of("ＧＯＬＤ　１８Ｋ") == TextTerms.of("gold 18k"))
        #expect(TextTerms.of("caf\u{65}\u{301}") == ["caf\u{e9}"])
        #expect(TextTerms.of("ﬁligree") == ["filigree"])
        // Half-width katakana with its sign of voice; a compatibility ideograph.
        #expect(TextTerms.of("ﾀﾞｲﾔ") == TextTerms.of("ダイヤ"))
        #expect(TextTerms.of("\u{F90A}") == ["金"])
        // One letter that unfolds into eighteen.
        #expect(TextTerms.of(String(repeating: "\u{FDFA} ", count: 50)).count == 200)
    }

    @Test("a table reads back what it wrote")
    func file() throws {
        let table = try TermTable(counting: ["gold ring", "金戒指", "gold"])
        #expect(try TermTable(parsing: Array(table.text.utf8)) == table)
        #expect(table.text.hasPrefix("vitrine-terms\t2\t3\ngold\t2\nring\t1\n"))
    }

    @Test("rare terms can be left out, and no text at all is refused")
    func rare() throws {
        #expect(try TermTable(counting: ["gold ring", "gold"], documentsMin: 2).terms == ["gold"])
        #expect(throws: TermTable.Problem.self) { try TermTable(counting: []) }
    }

    @Test(
        "a file that is no table is refused with the line and what is allowed",
        arguments: [
            ("", "line 1"), ("vitrine-terms\t1\t3\n", "line 1"), ("vitrine-terms\t2\t0\n", "line 1"), ("vitrine-terms\t2\tmany\n", "line 1"),
            ("vitrine-terms\t2\t3\ngold\n", "line 2"), ("vitrine-terms\t2\t3\ngold\t4\n", "1 to 3"), ("vitrine-terms\t2\t3\ngold\t0\n", "line 2"),
            ("vitrine-terms\t2\t3\n\t1\n", "line 2"), ("vitrine-terms\t2\t3\nring\t1\ngold\t1\n", "line 3"),
            ("vitrine-terms\t2\t3\n\u{8C48}\t1\n\u{F900}\t1\n", "that of line 2"), ("vitrine-terms\t2\t\(Int.max)\ngold\t1\n", "1000000000"),
            ("vitrine-terms\t2\t3\ngold\t1\ngold\t1\n", "each once"), ("vitrine-terms\t2\t3\n" + String(repeating: "x", count: 129) + "\t1\n", "128"),
        ])
    func damaged(_ text: String, _ says: String) throws {
        let problem = #expect(throws: TermTable.Problem.self) { try TermTable(parsing: Array(text.utf8)) }
        #expect(problem?.description.contains(says) == true, "\(problem?.description ?? "")")
    }

    @Test("what is not UTF-8 or too large is refused")
    func notText() throws {
        #expect(throws: TermTable.Problem.self) { try TermTable(parsing: [0xff, 0xfe, 0]) }
        let problem = #expect(throws: TermTable.Problem.self) {
            try TermTable(parsing: [UInt8](repeating: 10, count: TermTable.fileBytesMax + 1))
        }
        #expect(problem?.description.contains("\(TermTable.fileBytesMax)") == true)
    }

    @Test("controls, symbols and half words of any length are no terms")
    func noTerms() {
        #expect(TextTerms.of("\u{0}\u{1}!? a b c 💍 — …").isEmpty)
        #expect(TextTerms.of(String(repeating: "ab ", count: 5_000)).count == 5_000)
        #expect(TextTerms.of(String(repeating: "戒", count: 3)) == ["戒", "戒", "戒戒", "戒", "戒戒"])
    }
}
