import BackEnd
import Catalog
import LanguageModel
import Locks
public import Recording
import Wire

/// What a recording answers in the place of what lies around a server in this process: the shop's orders, its back end, a language model. And what it
/// could not answer, for whoever reads the result.
public final class PlayedBackRecording: Sendable {
    let calls: [SaidOutside]
    let words: [SaidByModel]
    private let reads: [StoreAnswer]
    private let header: RecordingHeader
    private let noted = Lock<[String]>([])

    /// - Throws: for what cannot be read, because it is of another version.
    public init(_ recording: Recording) throws(ServerError) {
        var (calls, words, reads): ([SaidOutside], [SaidByModel], [StoreAnswer]) = ([], [], [])
        var redacted: [String] = []
        do throws(StoreError) {
            for entry in recording.entries {
                switch entry.what {
                case .outside(let name, _, .redacted): redacted.append("what the \(name) said is redacted: nobody answers in its place")
                case .outside(HTTPBackEnd.outsideName, let said, _): calls.append(try SaidOutside(recorded: said))
                case .outside(SaidByModel.outsideName, let said, _): words.append(try SaidByModel(recorded: said))
                case .read(let read): reads.append(StoreAnswer(store: read.store, key: read.key, value: read.value))
                default: break
                }
            }
        } catch {
            throw ServerError(error.message)
        }
        (self.calls, self.words, self.reads) = (calls, words, reads)
        header = recording.header
        for what in redacted { note(what) }
    }

    /// What was not as it was then, in sentences, each once.
    public var notes: [String] { noted.withLock { $0 } }

    func note(_ what: String) {
        noted.withLock { noted in if !noted.contains(what) { noted.append(what) } }
    }

    /// The recorded answers, and `base` for what was not asked then.
    func stores(else base: any OrderStore & ServiceDesk) -> PlayedBackStores {
        PlayedBackStores(reads, else: base) { [self] in note($0) }
    }

    /// Says in which parts what answers now is not what answered then.
    func compare(with versions: RecordedVersions, hasLanguageModel: Bool) {
        if let then = header.catalogue, let now = versions.catalogue, then.sha256 != now.sha256 {
            note("the catalogue has changed since the recording: products, texts and reviews are those of today")
        }
        let others = versions.plugins.filter { now in header.plugins.contains { $0.name == now.name && $0.sha256 != now.sha256 } }.map(\.name)
        if !others.isEmpty { note("other builds than then: \(others.sorted().joined(separator: ", "))") }
        if !words.isEmpty, !hasLanguageModel { note("a language model phrased answers then; this configuration has none") }
    }
}
