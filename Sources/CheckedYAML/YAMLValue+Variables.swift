import Yams

extension YAMLValue {
    /// A text may grow to so many bytes by its variables.
    public static let substitutedBytesMax = 64 << 10

    /// The same tree with `${name}` in its texts replaced; `$$` stands for one dollar. Lines stay those of the file.
    ///
    /// Throws where a name is not defined (naming those that are), where a brace is not closed, and where a text grows too long.
    public func replacing(_ variables: [String: String]) throws(YAMLError) -> YAMLValue {
        guard let node else { return self }
        return YAMLValue(node: try replaced(node, variables), file: file, path: path, parentLine: line)
    }

    /// Whether one of these names stands as `${name}` in its texts.
    public func mentions(_ names: Set<String>) -> Bool { node.map { Self.mentions($0, names) } ?? false }

    private static func mentions(_ node: Node, _ names: Set<String>) -> Bool {
        switch node {
        case .scalar(let scalar):
            guard scalar.string.contains("${") else { return false }
            // `$$` is a dollar sign, whatever follows it.
            let text = scalar.string.replacing("$$", with: "")
            return names.contains { text.contains("${\($0)}") }
        case .sequence(let sequence): return sequence.contains { mentions($0, names) }
        case .mapping(let mapping): return mapping.contains { mentions($0.value, names) }
        case .alias: return false
        }
    }

    /// This value without some of its keys: what is left is read with `fields`.
    public func without(_ keys: String...) -> YAMLValue {
        guard let mapping = node?.mapping else { return self }
        let kept = mapping.filter { pair in !keys.contains(pair.key.string ?? "") }.map { ($0.key, $0.value) }
        return YAMLValue(node: .mapping(Node.Mapping(kept, mapping.tag, mapping.style, mapping.mark)), file: file, path: path, parentLine: line)
    }

    private func replaced(_ node: Node, _ variables: [String: String]) throws(YAMLError) -> Node {
        switch node {
        case .scalar(let scalar):
            guard scalar.string.contains("$") else { return node }
            let text = try replaced(scalar.string, variables, line: scalar.mark?.line ?? line)
            // Plain, so that a number from a variable is one, whatever the quotes about '${n}'; what would be nothing stays a text.
            let style = ["", "~", "null"].contains(text.lowercased()) ? Node.Scalar.Style.singleQuoted : .plain
            return .scalar(Node.Scalar(text, .implicit, style, scalar.mark))
        case .sequence(let sequence):
            var nodes: [Node] = []
            for member in sequence { nodes.append(try replaced(member, variables)) }
            return .sequence(Node.Sequence(nodes, sequence.tag, sequence.style, sequence.mark))
        case .mapping(let mapping):
            var pairs: [(Node, Node)] = []
            for (key, value) in mapping { pairs.append((key, try replaced(value, variables))) }
            return .mapping(Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark))
        case .alias:
            return node
        }
    }

    private func replaced(_ text: String, _ variables: [String: String], line: Int) throws(YAMLError) -> String {
        func wrong(_ message: String) -> YAMLError { YAMLError(file: file, line: line, message: path.isEmpty ? message : "\(path): \(message)") }
        var out = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("$") {
                out += "$"
                rest = rest.dropFirst()
            } else if rest.hasPrefix("{") {
                guard let end = rest.firstIndex(of: "}") else { throw wrong("'${' without its '}'; a dollar sign alone is written $$") }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let value = variables[name] else {
                    let known = variables.keys.sorted()
                    throw wrong("the variable '\(name)' is not defined; defined are \(known.isEmpty ? "none" : known.joined(separator: ", "))")
                }
                out += value
                rest = rest[rest.index(after: end)...]
            } else {
                out += "$"
            }
            guard out.utf8.count <= YAMLValue.substitutedBytesMax else {
                throw wrong("the text grows beyond \(YAMLValue.substitutedBytesMax) bytes")
            }
        }
        return out + rest
    }
}
