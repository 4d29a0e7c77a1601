/// What somebody was shown: `{"customer", "shown": [{"id", "place", "gain", "signals": {name: amount}}]}`.
public struct ExposureRow: Sendable, Equatable {
    public struct Shown: Sendable, Equatable {
        public var id: String
        /// From 1.
        public var place: Int
        /// How much it was chosen: 0 = not.
        public var gain: Double
        public var signals: [String: Double]

        public init(id: String, place: Int, gain: Double, signals: [String: Double]) {
            self.id = id
            self.place = place
            self.gain = gain
            self.signals = signals
        }
    }
    public var customer: String
    public var shown: [Shown]

    public init(customer: String, shown: [Shown]) {
        self.customer = customer
        self.shown = shown
    }

    public static let shownMax = 1_000

    /// - Throws: for a line that is no list of products with places, gains and finite signals.
    public static func read(_ path: String) throws(EvaluationError) -> [ExposureRow] {
        var rows: [ExposureRow] = []
        for row in try LineReader.objects(path) {
            guard let list = row.fields["shown"] as? [[String: Any]], (2...shownMax).contains(list.count) else {
                throw row.fail("'shown' is no list of 2 to \(shownMax) products")
            }
            var shown: [Shown] = []
            for fields in list {
                let item = JSONRow(file: row.file, line: row.line, fields: fields)
                let id = try item.string("id")
                guard !shown.contains(where: { $0.id == id }) else { throw row.fail("'shown' names the product '\(id)' twice") }
                guard let place = fields["place"] as? Int, (1...shownMax).contains(place) else {
                    throw row.fail("'place' of '\(id)' is no number from 1 to \(shownMax)")
                }
                guard let gain = fields["gain"] as? Double, (0...100).contains(gain) else {
                    throw row.fail("'gain' of '\(id)' is no number from 0 to 100")
                }
                shown.append(Shown(id: id, place: place, gain: gain, signals: try item.numbers("signals")))
            }
            rows.append(ExposureRow(customer: try row.string("customer"), shown: shown))
        }
        guard !rows.isEmpty else { throw EvaluationError("\(path): nothing was shown in it") }
        return rows
    }
}
