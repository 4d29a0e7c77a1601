import ArgumentParser
import Catalog
import Fusion
import Foundation
import Server
import Training

/// From when on a log counts.
struct SinceOption: ParsableArguments {
    @Option(help: ArgumentHelp("Only what happened since then: 2026-03-01, or 2026-03-01T08:00:00Z.", valueName: "date"))
    var since: String?

    /// Seconds since 1970; 0 = everything.
    func seconds() throws -> Int64 {
        guard let since else { return 0 }
        let reader = ISO8601DateFormatter()
        if let date = reader.date(from: since) { return Int64(date.timeIntervalSince1970) }
        reader.formatOptions = [.withFullDate]
        guard let day = reader.date(from: since) else {
            throw Environment.fail("--since takes a date such as 2026-03-01 or 2026-03-01T08:00:00Z, in UTC; not '\(since)'", code: 64)
        }
        return Int64(day.timeIntervalSince1970)
    }
}

extension CatalogCommand.Source {
    /// Reads the log of what customers did; blocks.
    func customerEvents(since: Int64, withConsent: Bool) throws -> [CustomerEvent] {
        let configuration = try load()
        do {
            let stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
            defer { stores.close() }
            return try stores.customerEvents(since: since, withConsent: withConsent)
        } catch {
            throw Environment.fail(error.message)
        }
    }
}

extension CatalogCommand {
    struct Events: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what customers turned to, and what they were shown, for 'vitrine train ranker' to learn from.",
            discussion: """
                A line is 'user item item …': what one customer (of guests: one session) viewed, clicked, liked, put into the cart and bought, in \
                the order of time; repetitions count once, and users are numbers, not names. Only what was done while the customer had given the \
                consent 'personalise' is written, and only products that the catalogue has. With --targets the last item of everybody who turned \
                to two at least goes to a file of its own, for 'vitrine evaluate recommendation'. With --exposures each list of products that was \
                shown is a line of JSON: in which places, what was known of each, and what became of it (0 nothing, 1 clicked, 2 liked or put into \
                the cart, 3 bought).
                """)

        @OptionGroup var source: Source

        @Option(help: ArgumentHelp("File for the sequences.", valueName: "file"))
        var sequences: String?

        @Option(help: ArgumentHelp("File for the last items.", valueName: "file"))
        var targets: String?

        @Option(help: ArgumentHelp("File for what was shown, JSONL.", valueName: "file"))
        var exposures: String?

        @OptionGroup var period: SinceOption

        func validate() throws {
            guard sequences != nil || exposures != nil else { throw ValidationError("give --sequences FILE, --exposures FILE, or both") }
            guard targets == nil || sequences != nil else { throw ValidationError("--targets goes with --sequences") }
        }

        func run() throws {
            let since = try period.seconds()
            let all = try source.customerEvents(since: since, withConsent: false).count
            let learnable = try source.customerEvents(since: since, withConsent: true)
            guard !learnable.isEmpty else {
                throw Environment.fail(
                    "\(all) events, none of which may be learnt from: a customer who agrees says so with the consent 'personalise'", code: 65)
            }
            if let sequences { try write(BehaviourSequences(learnable, holdsOut: targets != nil), to: sequences, from: all) }
            if let exposures { try write(ExposureLists(learnable), to: exposures) }
            try note([sequences, targets, exposures].compactMap { $0 }, since)
        }

        private func write(_ found: BehaviourSequences, to sequences: String, from all: Int) throws {
            guard !found.sequences.isEmpty else { throw Environment.fail("\(all) events, and nobody turned to anything", code: 65) }
            if let item = found.unusable { throw Environment.fail("the product id '\(item)' holds white space: it cannot stand in a line", code: 65) }
            let lines = found.lines
            for (file, text) in [(sequences, lines.sequences), (targets ?? "", lines.targets)] where !file.isEmpty {
                try write(text, file)
            }
            let items = found.sequences.reduce(0) { $0 + $1.items.count }
            printLine("\(found.sequences.count) sequences of \(items) items, \(found.targets.count) targets, from \(all) events")
        }

        private func write(_ found: ExposureLists, to exposures: String) throws {
            guard !found.lists.isEmpty else {
                throw Environment.fail("no list was shown to anybody who agreed to be learnt from (the consent 'personalise')", code: 65)
            }
            let lines = found.lists.map { list in
                let shown = list.shown.map {
                    ["id": $0.productID, "place": $0.place, "gain": $0.gain, "signals": $0.signals.mapValues { Double($0) }] as [String: Any]
                }
                return jsonText(["customer": list.customer, "shown": shown]) + "\n"
            }
            try write(lines.joined(), exposures)
            let chosen = found.lists.count { list in list.shown.contains { $0.gain > 0 } }
            printLine("\(found.lists.count) lists, something was chosen of \(chosen)")
        }

        private func write(_ text: String, _ file: String) throws {
            do {
                try text.write(toFile: file, atomically: true, encoding: .utf8)
            } catch {
                throw Environment.fail("\(file) cannot be written", code: 73)
            }
        }

        /// Keeps in mind whose behaviour is in the files, so that a model that was made from them is not used any more once one of those is erased.
        private func note(_ files: [String], _ since: Int64) throws {
            let configuration = try source.load()
            do {
                let stores = try SQLiteStores.open(configuration.databaseFile, shop: configuration.shop)
                defer { stores.close() }
                for file in files { try stores.noteLearntFrom(hash: try FileHash.sha256(file), since: since) }
            } catch let error as StoreError {
                throw Environment.fail(error.message)
            } catch let error as TrainingError {
                throw Environment.fail(error.message)
            }
        }
    }
}
