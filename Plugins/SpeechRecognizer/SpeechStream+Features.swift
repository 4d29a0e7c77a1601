import PluginKit
import Wire

/// Numbers of a signal frame by frame, by librosa's conventions.
enum FeatureKind: String, CaseIterable, Sendable {
    case logmel
    case mfcc

    static let hopUs: UInt32 = 10_000

    /// Numbers of a frame.
    var width: Int { self == .logmel ? 80 : 13 }

    /// What librosa 0.11 is to be asked for to get the same; its last frame is left out.
    var convention: String {
        let logmel = "librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=16000, n_fft=400, hop_length=160, n_mels=80, pad_mode='reflect'))"
        return self == .logmel ? logmel : "librosa.feature.mfcc(S=\(logmel), n_mfcc=13)"
    }
}

extension SpeechStream {
    /// Gives the features of an utterance that the operator wants, if any.
    func describe(_ utterance: UtteranceInWork) {
        guard !options.features.isEmpty, !utterance.samples.isEmpty else { return }
        let audio: Tensor
        do throws(PluginError) {
            // Nothing is put behind them: the last windows see the reflected signal, as librosa's do.
            audio = try stream.tensor([1, utterance.samples.count], utterance.samples)
        } catch { return problem(error) }
        let (kinds, us) = (options.features, utterance.audioStartUs)
        featuresInWork += 1
        stream.infer(recognizer.features, inputs: [("audio", audio)], outputs: kinds.map(\.rawValue), priority: .interactive) { [self] result in
            switch result {
            case .success(let tensors):
                do throws(PluginError) {
                    for (kind, tensor) in zip(kinds, tensors) { try give(kind, tensor, atUs: us) }
                } catch { problem(error) }
            case .failure(let error): problem(error)
            }
            featuresInWork -= 1
            work()
        }
    }

    private func give(_ kind: FeatureKind, _ tensor: Tensor, atUs us: UInt64) throws(PluginError) {
        try ModelOutputs.check(tensor.shape, is: [1, kind.width, nil], of: "the features' output \"\(kind.rawValue)\"")
        let (width, frames) = (tensor.shape[1], tensor.shape[2])
        // The model gives a row for each band, the message a row for each frame.
        let values = tensor.withFloats { source in
            [Float](unsafeUninitializedCapacity: width * frames) { target, count in
                for frame in 0..<frames { for band in 0..<width { target[frame * width + band] = source[band * frames + frame] } }
                count = width * frames
            }
        }
        give(
            .features(
                FrameFeatures(
                    name: kind.rawValue, convention: kind.convention, width: UInt32(width), hopUs: FeatureKind.hopUs, values: values)),
            atUs: us)
    }
}
