public import Wire
import EventLoop
import ImageDecoding

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What scripts speak and show, read before anything is played and shared by all runners: a loop does not wait for files.
public struct ScriptAssets: Sendable {
    private struct Voice: Sendable, Hashable {
        var source: AudioSource
        var noise: Noise?
    }
    private var files: [String: [UInt8]] = [:]
    private var sounds: [Voice: AudioFile] = [:]
    private var videos: [VideoSource: [[UInt8]]] = [:]
    /// Where a sound lies, for reports that let people listen.
    private var soundFiles: [AudioSource: String] = [:]
    private var bytesKept = 0

    /// All pictures and sounds of a run together, bytes.
    public static let bytesMax = 2 << 30

    public init() {}

    /// Reads everything that the scripts name; synthesises what is to be spoken. Blocks. Throws what is wrong with the first bad file, naming the
    /// step that wants it.
    public static func load(
        _ scripts: [Script], synthesiser: SpeechSynthesiser, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(RPCStatus) -> ScriptAssets {
        var assets = ScriptAssets()
        let steps = scripts.flatMap { script in script.steps.map { (script, $0) } }
        for (index, (script, step)) in steps.enumerated() {
            do throws(RPCStatus) {
                for action in step.actions { try assets.load(action, script.impairments, synthesiser) }
            } catch {
                throw RPCStatus(error.code, "\(step.file):\(step.line): \(error.message)")
            }
            progress(index + 1, steps.count)
        }
        return assets
    }

    private mutating func load(_ action: ClientAction, _ impairments: Impairments, _ synthesiser: SpeechSynthesiser) throws(RPCStatus) {
        switch action {
        case .show(let file), .selfie(let file): _ = try read(file)
        case .speak(let source, let own, _):
            let voice = Voice(source: source, noise: own ?? impairments.noise)
            guard sounds[voice] == nil else { return }
            let path: String
            switch source {
            case .file(let file): path = file
            case .spoken(let spoken): path = try synthesiser.file(of: spoken)
            }
            soundFiles[source] = path
            var audio = try AudioFile.read(path)
            if let noise = voice.noise {
                // Equal words with equal noise sound equal, whoever else speaks.
                var random = SeededRandom(seed: impairments.seed)
                audio = try audio.mixed(with: noise, random: &random)
            }
            try count(audio.samples.count * 2)
            sounds[voice] = audio
        case .video(let video):
            guard videos[video] == nil else { return }
            var frames: [[UInt8]] = []
            for file in video.files {
                let bytes = try read(file)
                frames += VideoFile.isMotion(file) ? try VideoFile.frames(bytes, name: file) : [Self.cameraPicture(bytes, video.jpegQuality)]
            }
            try count(frames.reduce(0) { $0 + $1.count })
            videos[video] = frames
        default: break
        }
    }

    /// A file as a camera would send it. What is no picture stays as it is: that it is refused may be what is expected.
    private static func cameraPicture(_ file: [UInt8], _ jpegQuality: Int?) -> [UInt8] {
        guard let jpegQuality, !file.starts(with: [0xFF, 0xD8]) else { return file }
        let jpeg = file.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> [UInt8] in
                try ImageEncoder.jpeg(try ImageDecoder.decode(bytes, fit: .full(sideMax: 4_096)), quality: jpegQuality)
            }
        }
        return (try? jpeg.get()) ?? file
    }

    private mutating func read(_ file: String) throws(RPCStatus) -> [UInt8] {
        if let bytes = files[file] { return bytes }
        guard let data = FileManager.default.contents(atPath: file) else { throw RPCStatus(.notFound, "\(file): no such file, or it cannot be read") }
        try count(data.count)
        files[file] = Array(data)
        return Array(data)
    }

    private mutating func count(_ bytes: Int) throws(RPCStatus) {
        bytesKept += bytes
        guard bytesKept <= Self.bytesMax else { throw RPCStatus(.resourceExhausted, "pictures and sounds take more than \(Self.bytesMax) bytes") }
    }

    // MARK: What was read

    /// A file's bytes.
    public func bytes(_ file: String) -> [UInt8] { Self.loaded(files[file]) }

    /// A sound with its noise.
    public func audio(_ source: AudioSource, noise: Noise?) -> AudioFile { Self.loaded(sounds[Voice(source: source, noise: noise)]) }

    public func video(_ source: VideoSource) -> [[UInt8]] { Self.loaded(videos[source]) }

    private static func loaded<Asset>(_ asset: Asset?) -> Asset {
        guard let asset else { preconditionFailure("a script's assets are loaded before it is played") }
        return asset
    }

    /// A sound as it was sent, for reports; nil when it was not loaded.
    func sound(_ source: AudioSource, noise: Noise?) -> (name: String, noise: Noise?, audio: AudioFile)? {
        guard let audio = sounds[Voice(source: source, noise: noise)], let file = soundFiles[source] else { return nil }
        guard let noise else { return (file, nil, audio) }
        return ("\(file) + \(noise.file ?? noise.kind.rawValue) at \(noise.snrDb) dB", noise, audio)
    }

    /// Pictures and sounds by the names that reports give them, to be put into a page. Sounds without noise are the files themselves.
    public func media() throws(RPCStatus) -> [String: ReportMedia] {
        var media: [String: ReportMedia] = [:]
        for (file, bytes) in files { media[file] = ReportMedia(type: ReportMedia.type(of: file), bytes: bytes) }
        for voice in sounds.keys {
            guard let sound = sound(voice.source, noise: voice.noise) else { continue }
            if voice.noise == nil {
                guard let data = FileManager.default.contents(atPath: sound.name) else { throw RPCStatus(.notFound, "\(sound.name): no such file") }
                media[sound.name] = ReportMedia(type: ReportMedia.type(of: sound.name), bytes: Array(data))
            } else {
                media[sound.name] = ReportMedia(type: "audio/wav", bytes: sound.audio.wav())
            }
        }
        return media
    }
}

extension ClientAction {
    /// It speaks or shows something that is read before the conversation begins.
    var needsAssets: Bool {
        switch self {
        case .speak, .show, .selfie, .video: true
        default: false
        }
    }
}

/// A picture or a sound in a page.
public struct ReportMedia: Sendable, Equatable {
    /// MIME.
    public var type: String
    public var bytes: [UInt8]

    public init(type: String, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    /// By the name's ending.
    public static func type(of file: String) -> String {
        switch file.split(separator: ".").last?.lowercased() ?? "" {
        case "jpg", "jpeg": "image/jpeg"
        case "png": "image/png"
        case "webp": "image/webp"
        case "wav": "audio/wav"
        case "flac": "audio/flac"
        case "ogg", "opus": "audio/ogg"
        case "mp3": "audio/mpeg"
        default: "application/octet-stream"
        }
    }
}
