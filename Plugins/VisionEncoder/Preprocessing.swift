import ImageDecoding
import PluginKit
import Wire

/// The picture as the model takes it. For compute jobs.
enum Preprocessing {
    /// Every how many pixels of the model's square one is asked for its colour.
    static let colourStep = 5
    /// A picture of which parts are looked at is decoded no larger than this: a part of 40 % still has more pixels than the model takes.
    static let viewedSideMax = 1024

    /// The whole picture, squashed; part of what the embedding space is.
    static let fit = ImageFit.exactly(width: VisionEncoderPlugin.inputSide, height: VisionEncoderPlugin.inputSide, kernel: .cubic)

    /// One input for each view.
    /// - Throws: INVALID_ARGUMENT for a picture that cannot be used.
    static func fill(_ inputs: [Tensor], _ views: [PictureView], from data: SharedBytes) throws(PluginError) {
        precondition(inputs.count == views.count, "each view has an input")
        guard views != [.whole] else { return copy(try decode(data, fit), to: inputs[0]) }
        let image = try decode(data, .full(sideMax: viewedSideMax))
        let side = VisionEncoderPlugin.inputSide
        for (input, view) in zip(inputs, views) {
            let region = view.region(width: image.width, height: image.height)
            let part = image.part(left: region.left, top: region.top, width: region.width, height: region.height)
            copy(part.resized(width: side, height: side, kernel: .cubic), to: input)
        }
    }

    private static func copy(_ image: DecodedImage, to input: Tensor) { input.withUnsafeMutableBytes { $0.copyBytes(from: image.rgb) } }

    static func decode(_ data: SharedBytes, _ fit: ImageFit) throws(PluginError) -> DecodedImage {
        let decoded = data.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: fit) }
        }
        switch decoded {
        case .success(let image): return image
        case .failure(let error): throw PluginError(error == .noMemory ? .resourceExhausted : .invalidArgument, error.description)
        }
    }
}
