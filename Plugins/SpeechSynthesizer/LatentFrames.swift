import Glibc
import PluginKit

/// Windows of latent frames, which the decoder turns into samples one after the other: the first is short, so that it is soon heard.
struct WindowPlan: Equatable {
    /// What is heard of a window, and what is decoded for it: the samples of a frame depend on so many frames to either side.
    struct Window: Equatable {
        var heard: Range<Int>
        var decoded: Range<Int>
    }

    static let marginFrames = 10
    static let firstFrames = 40
    /// What the flow must know for the first window: it sees 32 frames further than the decoder.
    static let leadFrames = firstFrames + marginFrames + 32
    static let furtherFrames = 120

    static func windows(of frames: Int) -> [Window] {
        var windows: [Window] = []
        var from = 0
        while from < frames {
            let to = min(frames, from + (from == 0 ? firstFrames : furtherFrames))
            windows.append(Window(heard: from..<to, decoded: max(0, from - marginFrames)..<min(frames, to + marginFrames)))
            from = to
        }
        return windows
    }
}

/// Standard normal numbers from one seed: SplitMix64 and the Box–Muller transform.
struct NormalNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func uniform() -> Float {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        // 24 bits in (0, 1]: its logarithm is finite.
        return (Float((mixed ^ (mixed >> 31)) >> 40) + 1) / Float(1 << 24)
    }

    mutating func fill(_ count: Int) -> [Float] {
        var numbers = [Float](repeating: 0, count: count)
        var index = 0
        while index < count {
            let (radius, angle) = (sqrtf(-2 * logf(uniform())), 2 * Float.pi * uniform())
            numbers[index] = radius * cosf(angle)
            if index + 1 < count { numbers[index + 1] = radius * sinf(angle) }
            index += 2
        }
        return numbers
    }

    /// mean + deviation · noise · scale, f32[1,192,T] each.
    static func latent(mean: Tensor, deviation: Tensor, scale: Float, seed: UInt64) -> [Float] {
        var normal = NormalNumbers(seed: seed)
        var latent = normal.fill(mean.count)
        mean.withFloats { mean in
            deviation.withFloats { deviation in
                for index in latent.indices { latent[index] = mean[index] + deviation[index] * latent[index] * scale }
            }
        }
        return latent
    }
}
