import CheckedYAML
import Fusion

extension ImportRun {
    mutating func documents(_ files: [String], _ folder: ImportFolder) async throws(StoreError) {
        for (index, file) in files.enumerated() {
            progress(ImportProgress(stage: "policies", done: index, total: files.count))
            let read: Result<[Document], RowError> = try await staging.run { (_) throws(StoreError) in Self.readPolicy(file) }
            let documents: [Document]
            do throws(RowError) {
                documents = try read.get()
            } catch {
                problem(file, 0, error.reason)
                hasUnreadPolicies = true
                continue
            }
            for document in documents { try await settle(document, file) }
        }
    }

    private static func readPolicy(_ file: String) -> Result<[Document], RowError> {
        do throws(RowError) {
            let bytes = try ImportFolder.read(file, bytesMax: ImportFolder.documentBytesMax)
            guard let text = String(validating: bytes, as: UTF8.self) else { throw RowError("not UTF-8") }
            return .success(try PolicyText.documents(text))
        } catch {
            return .failure(error)
        }
    }

    private mutating func settle(_ document: Document, _ file: String) async throws(StoreError) {
        let spoken = [document.title, document.section, document.text].filter { !$0.isEmpty }.joined(separator: ". ")
        let content = Hash.sha256(document.policy, document.language, document.title, document.section, document.text)
        let known = try await staging.run { (connection) throws(StoreError) in
            if try connection.see("document", document.id, line: 0) != nil { return Known(isRepeated: true) }
            return try Known(connection, "SELECT row_hash, space_id FROM live.documents WHERE id = ?", [.text(document.id)])
        }
        if known.isRepeated { return problem(file, 0, "the section \"\(document.id)\" is already given by another file") }
        let encoded = try await encode(spoken, content, known, file: file, line: 0)
        guard let (hash, feature) = encoded else { return }
        Self.count(&report.documents, known: known.hash, hash: hash)
        guard let feature else { return }
        try await staging.run { (connection) throws(StoreError) in
            try connection.run(
                """
                INSERT INTO documents(id, policy, language, title, section, text, row_hash, space_id, vector, words_title, words_body)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(document.id), .text(document.policy), .text(document.language), .text(document.title), .text(document.section),
                    .text(document.text), .text(hash), .text(feature.spaceID), .floats(feature.values),
                    .text(WordCutter.indexed("\(document.title) \(document.section)")), .text(WordCutter.indexed(document.text)),
                ])
        }
    }

    mutating func intents(_ file: String, _ folder: ImportFolder) async throws(StoreError) {
        let read: Result<[(example: IntentExample, line: Int)], ImportReport.Problem> = try await staging.run { (_) throws(StoreError) in
            Self.readIntents(file)
        }
        let examples: [(example: IntentExample, line: Int)]
        switch read {
        case .success(let found): examples = found
        case .failure(let found): return problem(found.file, found.line, found.reason)
        }
        for (index, (example, line)) in examples.enumerated() {
            if index.isMultiple(of: 64) { progress(ImportProgress(stage: "intents", done: index, total: examples.count)) }
            try await settle(example, line, file)
        }
    }

    private static func readIntents(_ file: String) -> Result<[(example: IntentExample, line: Int)], ImportReport.Problem> {
        do {
            let bytes = try ImportFolder.read(file, bytesMax: ImportFolder.documentBytesMax)
            guard let text = String(validating: bytes, as: UTF8.self) else { throw RowError("not UTF-8") }
            return .success(try IntentFile.examples(text, file: file))
        } catch let error as YAMLError {
            return .failure(ImportReport.Problem(file: error.file, line: error.line, reason: error.message))
        } catch let error as RowError {
            return .failure(ImportReport.Problem(file: file, line: 0, reason: error.reason))
        } catch {
            return .failure(ImportReport.Problem(file: file, line: 0, reason: String(describing: error)))
        }
    }

    private mutating func settle(_ example: IntentExample, _ line: Int, _ file: String) async throws(StoreError) {
        let key = Hash.sha256(example.agent, example.intent, example.language, example.text)
        let known = try await staging.run { (connection) throws(StoreError) in
            if let first = try connection.see("intent", key, line: line) { return Known(isRepeated: true, line: first) }
            let sql = "SELECT row_hash, space_id FROM live.intents WHERE intent = ? AND agent = ? AND language = ? AND text = ?"
            return try Known(connection, sql, [.text(example.intent), .text(example.agent), .text(example.language), .text(example.text)])
        }
        if known.isRepeated { return problem(file, line, "the same sentence stands in line \(known.line)") }
        guard let (hash, feature) = try await encode(example.text, key, known, file: file, line: line) else { return }
        Self.count(&report.intents, known: known.hash, hash: hash)
        guard let feature else { return }
        try await staging.run { (connection) throws(StoreError) in
            try connection.run(
                "INSERT INTO intents(intent, agent, language, text, row_hash, space_id, vector) VALUES(?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(example.intent), .text(example.agent), .text(example.language), .text(example.text), .text(hash),
                    .text(feature.spaceID), .floats(feature.values),
                ])
        }
    }

    /// What the database already has of a text.
    private struct Known: Sendable {
        var isRepeated = false
        var line = 0
        var hash: String?
        var space: String?

        init(isRepeated: Bool, line: Int = 0) {
            self.isRepeated = isRepeated
            self.line = line
        }

        init(_ connection: Connection, _ sql: String, _ values: [SQLValue]) throws(StoreError) {
            guard let found = try connection.rows(sql, values, { (hash: $0.text(0), space: $0.text(1)) }).first else { return }
            (hash, space) = (found.hash, found.space)
        }
    }

    // The row's hash and its vector; no vector when the row is unchanged; nil when it could not be encoded and was reported.
    private mutating func encode(
        _ text: String, _ content: String, _ known: Known, file: String, line: Int
    ) async throws(StoreError) -> (hash: String, feature: Feature?)? {
        if let space = known.space, let hash = known.hash, try await isCurrent(space), hash == Hash.sha256(content, space) { return (hash, nil) }
        let result = await Encoding.text(encoding.source, text)
        try encoding.note(text: result)
        do throws(RowError) {
            let feature = try result.get()
            return (Hash.sha256(content, feature.spaceID), feature)
        } catch {
            problem(file, line, error.reason)
            return nil
        }
    }

    // Whether the text encoder still works in `space`. Asked of it once an import.
    private mutating func isCurrent(_ space: String) async throws(StoreError) -> Bool {
        if encoding.textSpace == nil, case .success(let feature) = await Encoding.text(encoding.source, "ring") {
            encoding.textSpace = feature.spaceID
        }
        return encoding.textSpace == space
    }
}
