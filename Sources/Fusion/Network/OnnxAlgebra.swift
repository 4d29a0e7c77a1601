/// Writes a learnt operator down as an ONNX graph instead of computing it: each operation is a node, each parameter a constant. (Operators: "ONNX
/// Operators", set 13; field numbers: onnx.proto.)
final class OnnxAlgebra: LearntAlgebra {
    struct Value {
        var name: String
        var columns: Int
    }

    private(set) var nodes: [ProtoMessage] = []
    private(set) var constants: [ProtoMessage] = []

    func columns(_ a: Value) -> Int { a.columns }

    func constant(_ matrix: LearntMatrix) -> Value {
        var tensor = ProtoMessage()
        for side in [matrix.rows, matrix.columns] { tensor.add(1, side) }
        tensor.add(2, 1)
        let name = "constant\(constants.count)"
        tensor.add(8, name)
        tensor.add(9, matrix.values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
        constants.append(tensor)
        return Value(name: name, columns: matrix.columns)
    }

    /// The value under a name of its own: an output of the graph.
    func name(_ a: Value, _ name: String) { add("Identity", [a], to: name) }

    private func add(_ operation: String, _ inputs: [Value], to output: String, axis: Int? = nil) {
        var node = ProtoMessage()
        for input in inputs { node.add(1, input.name) }
        node.add(2, output)
        node.add(4, operation)
        if let axis {
            var attribute = ProtoMessage()
            attribute.add(1, "axis")
            attribute.add(3, axis)
            // INT
            attribute.add(20, 2)
            node.add(5, attribute)
        }
        nodes.append(node)
    }

    private func made(_ operation: String, _ inputs: [Value], columns: Int, axis: Int? = nil) -> Value {
        let name = "value\(nodes.count)"
        add(operation, inputs, to: name, axis: axis)
        return Value(name: name, columns: columns)
    }

    private func number(_ value: Float) -> Value { constant(LearntMatrix(1, 1, [value])) }

    // MARK: LearntAlgebra

    /// A column times a row is each number times the row: OpenVINO 2026.4 cannot compile products of such shapes.
    func product(_ a: Value, _ b: Value) -> Value { made(a.columns == 1 ? "Mul" : "MatMul", [a, b], columns: b.columns) }

    func sum(_ a: Value, _ b: Value) -> Value { made("Add", [a, b], columns: a.columns) }
    func addRow(_ a: Value, _ b: Value) -> Value { made("Add", [a, b], columns: a.columns) }
    func scale(_ a: Value, by factor: Float) -> Value { made("Mul", [a, number(factor)], columns: a.columns) }
    func scaleRows(_ a: Value, by b: Value) -> Value { made("Mul", [a, b], columns: a.columns) }
    func tanh(_ a: Value) -> Value { made("Tanh", [a], columns: a.columns) }
    func relu(_ a: Value) -> Value { made("Relu", [a], columns: a.columns) }
    func sigmoid(_ a: Value) -> Value { made("Sigmoid", [a], columns: a.columns) }
    func joined(_ values: [Value]) -> Value { made("Concat", values, columns: values.reduce(0) { $0 + $1.columns }, axis: 1) }

    func rowDot(_ a: Value, _ b: Value) -> Value {
        let products = made("Mul", [a, b], columns: a.columns)
        return product(products, constant(LearntMatrix(a.columns, 1, [Float](repeating: 1, count: a.columns))))
    }

    func column(_ a: Value, _ c: Int) -> Value {
        product(a, constant(LearntMatrix(a.columns, 1, (0..<a.columns).map { $0 == c ? 1 : 0 })))
    }

    func softmax(_ a: Value, mask: Value?) -> Value {
        guard let mask else { return made("Softmax", [a], columns: a.columns, axis: 1) }
        // What is masked is far below everything else, and then nothing: a row without any is zeros.
        let below = scale(sum(mask, number(-1)), by: 1e9)
        return scaleRows(made("Softmax", [sum(a, below)], columns: a.columns, axis: 1), by: mask)
    }

    func repeated(_ a: Value, like: Value) -> Value {
        let zeros = scale(column(like, 0), by: 0)
        return made("Add", [zeros, a], columns: a.columns)
    }
}

extension LearntModel {
    /// The operator as an ONNX file with the interface that `DecisionNetwork` describes: n rows at a time. A modality of several vectors has an input
    /// for each, called "modality.vector"; such a file is for programs of one's own, since a turn has one vector a modality.
    public func onnx() -> [UInt8] {
        let algebra = OnnxAlgebra()
        let inputs = tokens.map { token in
            let alone = tokens.count { $0.modality == token.modality } == 1
            return OnnxAlgebra.Value(name: alone ? token.modality : "\(token.modality).\(token.name)", columns: token.width)
        }
        let present = OnnxAlgebra.Value(name: DecisionNetwork.presence, columns: modalities.count)
        var values: [String: OnnxAlgebra.Value] = [:]
        for shape in fusion.form.shapes(tokens, modalities: modalities.count, width: width, classes: classes.count) {
            values[shape.name] = parameters[shape.name].map { algebra.constant($0) }
        }
        let output = DecisionNetwork.outputs[0]
        algebra.name(
            fusion.form.probabilities(LearntGraph(algebra: algebra, tokens: tokens, inputs: inputs, present: present, parameters: values)), output)

        var graph = ProtoMessage()
        for node in algebra.nodes { graph.add(1, node) }
        graph.add(2, "fusion")
        for constant in algebra.constants { graph.add(5, constant) }
        for input in inputs + [present] { graph.add(11, Self.port(input)) }
        graph.add(12, Self.port(OnnxAlgebra.Value(name: output, columns: classes.count)))

        var file = ProtoMessage()
        file.add(1, 8)
        file.add(2, "Vitrine")
        file.add(7, graph)
        var operators = ProtoMessage()
        operators.add(2, 13)
        file.add(8, operators)
        var texts = [("classes", classes.joined(separator: "\n"))]
        for token in tokens where !token.spaceID.isEmpty { texts.append(("space.\(token.modality)", token.spaceID)) }
        for (key, value) in texts {
            var entry = ProtoMessage()
            entry.add(1, key)
            entry.add(2, value)
            file.add(14, entry)
        }
        return file.bytes
    }

    /// f32[?, columns]
    private static func port(_ value: OnnxAlgebra.Value) -> ProtoMessage {
        var (rows, columns, shape, tensor, type, port) =
            (ProtoMessage(), ProtoMessage(), ProtoMessage(), ProtoMessage(), ProtoMessage(), ProtoMessage())
        rows.add(2, "rows")
        columns.add(1, value.columns)
        shape.add(1, rows)
        shape.add(1, columns)
        tensor.add(1, 1)
        tensor.add(2, shape)
        type.add(1, tensor)
        port.add(1, value.name)
        port.add(2, type)
        return port
    }
}
