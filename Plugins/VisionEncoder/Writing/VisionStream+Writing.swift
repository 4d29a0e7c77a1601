import ImageDecoding
import PluginKit
import Wire

/// On-product text: lines are found in the picture, cut out of it and read one by one.
extension VisionStream {
    typealias Done = (Result<[PluginOutput.Kind], PluginError>) -> Void

    /// What is known before lines are looked for.
    private struct Prepared: Sendable {
        var image: DecodedImage
        var width: Int
        var height: Int
    }

    /// A line and where it is.
    private struct Cut: Sendable {
        var line: LineCut
        var corners: [Place]
    }

    func read(_ data: SharedBytes, _ origin: InputOrigin, _ done: @escaping Done) {
        guard let writing = plugin.writing else { return done(.success([])) }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Prepared in
            let image = try Preprocessing.decode(data, .full(sideMax: WritingLimits.pictureSideMax))
            let size = WritingSizes.find(width: image.width, height: image.height)
            return Prepared(image: image, width: size.width, height: size.height)
        } then: { [self] result in
            switch result {
            case .success(let prepared): find(prepared, writing, origin, done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func find(_ prepared: Prepared, _ writing: WritingModels, _ origin: InputOrigin, _ done: @escaping Done) {
        let input: Tensor
        do throws(PluginError) {
            input = try stream.zero(dtype: .u8, shape: [1, prepared.height, prepared.width, 3])
        } catch {
            return done(.failure(error))
        }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Void in
            let image = prepared.image.resized(width: prepared.width, height: prepared.height, kernel: .linear)
            input.withUnsafeMutableBytes { $0.copyBytes(from: image.rgb) }
        } then: { [self] filled in
            if case .failure(let error) = filled { return done(.failure(error)) }
            stream.infer(
                writing.find, inputs: [("image", input)], outputs: ["map"], priority: .interactive, deadlineUs: origin.deadlineUs
            ) { [self] result in
                switch result {
                case .success(let outputs): cut(outputs, prepared, writing, origin, done)
                case .failure(let error): done(.failure(error))
                }
            }
        }
    }

    private func cut(_ outputs: [Tensor], _ prepared: Prepared, _ writing: WritingModels, _ origin: InputOrigin, _ done: @escaping Done) {
        guard outputs.count == 1, outputs[0].count == prepared.width * prepared.height else {
            return done(.failure(PluginError(.failedPrecondition, "the finder of writing gave outputs of \(outputs.map(\.shape))")))
        }
        let map = outputs[0]
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> [Cut] in
            let scale = Place(
                x: Float(prepared.image.width) / Float(prepared.width), y: Float(prepared.image.height) / Float(prepared.height))
            return WritingFinder.lines(map.floats(), width: prepared.width).map { box in
                let corners = box.corners.map { Place(x: ($0.x + 0.5) * scale.x, y: ($0.y + 0.5) * scale.y) }
                return Cut(line: LineCut(prepared.image, corners: corners), corners: corners)
            }
        } then: { [self] result in
            switch result {
            case .success(let cuts) where cuts.isEmpty: done(.success([.writing(PictureText())]))
            case .success(let cuts): read(cuts, prepared, writing, origin, done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func read(_ cuts: [Cut], _ prepared: Prepared, _ writing: WritingModels, _ origin: InputOrigin, _ done: @escaping Done) {
        let lines = Gathering<WrittenLine?>(count: cuts.count)
        // Corners are told in pixels of the picture as it was sent.
        let scale = Float(prepared.image.originalWidth) / Float(prepared.image.width)
        func given(_ index: Int, _ result: Result<WrittenLine?, PluginError>) {
            guard let all = lines.add(index, result) else { return }
            done(all.map { [.writing(PictureText(lines: $0.compactMap(\.self)))] })
        }
        for (index, cut) in cuts.enumerated() {
            let input: Tensor
            do throws(PluginError) {
                input = try stream.zero(dtype: .u8, shape: [1, WritingLimits.lineHeight, cut.line.width, 3])
            } catch {
                return given(index, .failure(error))
            }
            input.withUnsafeMutableBytes { $0.copyBytes(from: cut.line.rgb) }
            stream.infer(
                writing.read, inputs: [("image", input)], outputs: ["best", "probability"], priority: .interactive,
                deadlineUs: origin.deadlineUs
            ) { result in
                given(
                    index,
                    result.map { outputs in
                        guard outputs.count == 2,
                            let found = writing.characters.text(best: outputs[0].floats(), probabilities: outputs[1].floats()),
                            found.confidence >= WritingLimits.confidenceMin
                        else { return nil }
                        let corners = cut.corners.map { Point(x: $0.x * scale, y: $0.y * scale) }
                        return WrittenLine(text: found.text, confidence: found.confidence, corners: corners)
                    })
            }
        }
    }
}

/// The two models of writing and what the second one's classes stand for.
struct WritingModels {
    static let (findName, readName) = ("writing-find", "writing-read")
    let find: ModelHandle
    let read: ModelHandle
    let characters: Characters

    init(host: HostServices) throws(PluginError) {
        find = try host.model(Self.findName)
        read = try host.model(Self.readName)
        let path = try host.modelPath(Self.readName)
        characters = try Characters(file: (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + "characters.txt")
    }
}
