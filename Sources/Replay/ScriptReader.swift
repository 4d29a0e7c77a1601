public import CheckedYAML

/// Reads script files: variables, matrices, included steps.
public struct ScriptReader {
    /// '@' in paths stands for this folder.
    public var cacheFolder: String
    /// Values that win over the files' own.
    public var variables: [String: String]

    public static let includeDepthMax = 8

    public init(cacheFolder: String, variables: [String: String] = [:]) {
        self.cacheFolder = cacheFolder
        self.variables = variables
    }

    /// The conversations of a file: one, or as many as its matrix makes.
    public func load(_ path: String) throws(YAMLError) -> [Script] { try read(YAMLValue.load(path)) }

    func read(_ document: YAMLValue) throws(YAMLError) -> [Script] {
        try document.fields("conversation", "description", "token", "time", "tags", "variables", "matrix", "impairments", "steps")
        let own = try Self.names(document["variables"])
        let rows = try matrix(document["matrix"])
        var scripts: [Script] = []
        for row in rows {
            let values = own.merging(variables) { _, given in given }.merging(row.map { ($0.name, $0.value) }) { _, chosen in chosen }
            var script = try one(document.without("variables", "matrix"), values)
            // A name with a variable in it tells its variants apart by itself.
            if !row.isEmpty, script.name == (try document["conversation"].string()) {
                script.name += " [" + row.map { "\($0.name)=\($0.value)" }.joined(separator: " ") + "]"
            }
            scripts.append(script)
        }
        return scripts
    }

    private func one(_ raw: YAMLValue, _ values: [String: String]) throws(YAMLError) -> Script {
        let document = try raw.without("steps").replacing(values)
        var script = Script(
            name: try document["conversation"].string(), file: document.file, token: try document["token"].string(or: ""),
            tags: try document["tags"].strings(), steps: [])
        _ = try document["description"].optionalString()
        script.time = try Self.time(document["time"])
        script.impairments = try Impairments.read(document["impairments"]) { located($0, from: document.file) }
        var captured: Set<String> = []
        script.steps = try steps(raw, values, &captured, through: [document.file])
        guard !script.steps.isEmpty, script.steps.count <= Script.stepsMax else {
            throw raw["steps"].error("from 1 to \(Script.stepsMax) steps are needed")
        }
        if let first = script.steps.first, first.start.after != nil {
            throw YAMLError(file: first.file, line: first.line, message: "the first step has nothing to come after; use at_ms or delay_ms")
        }
        return script
    }

    private static func time(_ value: YAMLValue) throws(YAMLError) -> String {
        guard let text = try value.optionalString() else { return "" }
        guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})/) != nil else {
            throw value.error("a time like 2026-09-21T14:05:00+02:00 is needed here, not '\(text.prefix(64))'")
        }
        return text
    }

    /// - Parameter captured: names of values that steps take out of answers, in the order of the steps.
    private func steps(_ document: YAMLValue, _ values: [String: String], _ captured: inout Set<String>, through files: [String]) throws(YAMLError)
        -> [Step]
    {
        var steps: [Step] = []
        for item in try document["steps"].items() {
            if item.isMapping, item["include"].exists {
                try item.fields("include", "with")
                steps += try included(item, values, &captured, through: files)
            } else {
                let step = try step(item, values, captured)
                for capture in step.captures {
                    guard values[capture.name] == nil else {
                        throw YAMLError(file: step.file, line: capture.line, message: "'\(capture.name)' is a variable already: capture another name")
                    }
                    captured.insert(capture.name)
                }
                steps.append(step)
            }
            guard steps.count <= Script.stepsMax else { throw item.error("at most \(Script.stepsMax) steps are allowed") }
        }
        return steps
    }

    /// One step; where captured values stand in it, it is read with others in their place and marked to be read again.
    private func step(_ item: YAMLValue, _ values: [String: String], _ captured: Set<String>) throws(YAMLError) -> Step {
        func read(_ standIn: String) throws(YAMLError) -> Step {
            let all = values.merging(captured.map { ($0, standIn) }) { _, later in later }
            return try Step.read(item.replacing(all)) { located($0, from: item.file) }
        }
        // Numbers, so that they may stand where numbers are wanted.
        var step = try read("1")
        guard item.mentions(captured) else { return step }
        guard step.actions.filter(\.needsAssets) == (try read("2")).actions.filter(\.needsAssets) else {
            throw item.error("what is spoken and shown is prepared before the conversation begins: no captured value may be in it")
        }
        step.deferred = DeferredStep(
            text: item.flowText, variables: values, file: item.file, line: item.line, expectationLines: step.expectations.map(\.line),
            cacheFolder: cacheFolder)
        return step
    }

    private func included(_ raw: YAMLValue, _ values: [String: String], _ captured: inout Set<String>, through files: [String]) throws(YAMLError)
        -> [Step]
    {
        guard !raw.mentions(captured) else { throw raw.error("captured values need not be handed on: an included step may use them by their names") }
        let item = try raw.replacing(values)
        let path = located(try item["include"].string(), from: item.file)
        guard !files.contains(path) else { throw item["include"].error("\(path) includes itself: " + (files + [path]).joined(separator: " → ")) }
        guard files.count <= Self.includeDepthMax else { throw item["include"].error("files may include each other \(Self.includeDepthMax) deep") }
        let document: YAMLValue
        do throws(YAMLError) {
            document = try YAMLValue.load(path)
        } catch {
            guard error.line == 0 else { throw error }
            throw item["include"].error("\(error)")
        }
        try document.fields("description", "variables", "steps")
        let inner = try Self.names(document["variables"]).merging(values) { _, outer in outer }
            .merging(try Self.names(item["with"])) { _, given in given }
        return try steps(document.without("variables"), inner, &captured, through: files + [path])
    }

    private func located(_ path: String, from file: String) -> String { Self.located(path, from: file, cacheFolder: cacheFolder) }

    static func located(_ path: String, from file: String, cacheFolder: String) -> String {
        if path.hasPrefix("@") { return cacheFolder + "/" + path.dropFirst() }
        if path.hasPrefix("/") { return path }
        guard let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    /// A mapping of names to texts.
    private static func names(_ value: YAMLValue) throws(YAMLError) -> [String: String] {
        var read: [String: String] = [:]
        for (name, text) in try value.entries() {
            guard isName(name) else { throw text.error("a variable's name has letters, digits and '_', not '\(name)'") }
            read[name] = try text.string()
        }
        return read
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    // MARK: Matrix

    typealias Row = [(name: String, value: String)]

    /// The rows of a matrix: every combination of a mapping of lists, or the members of a list of mappings. One empty row without a matrix.
    /// A variable given from outside chooses the rows that have its value.
    private func matrix(_ value: YAMLValue) throws(YAMLError) -> [Row] {
        guard value.exists else { return [[]] }
        var rows: [Row] = [[]]
        if value.isList {
            rows = []
            for item in try value.items() {
                let named = try Self.names(item)
                rows.append(named.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            }
        } else {
            for (name, list) in try value.entries() {
                guard Self.isName(name) else { throw list.error("a variable's name has letters, digits and '_', not '\(name)'") }
                let choices = try list.strings()
                guard !choices.isEmpty, rows.count * choices.count <= Script.variantsMax else {
                    throw list.error("a matrix makes from 1 to \(Script.variantsMax) conversations, not \(rows.count * choices.count)")
                }
                rows = rows.flatMap { row in choices.map { row + [(name, $0)] } }
            }
        }
        guard !rows.isEmpty, rows.count <= Script.variantsMax else {
            throw value.error("a matrix makes from 1 to \(Script.variantsMax) conversations, not \(rows.count)")
        }
        let chosen = rows.filter { row in row.allSatisfy { cell in variables[cell.name].map { $0 == cell.value } ?? true } }
        guard !chosen.isEmpty else {
            throw value.error("no row of the matrix has the values that were asked for")
        }
        return chosen
    }
}
