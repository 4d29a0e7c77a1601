import Recording
public import Wire

extension RecordedScript {
    /// One thing that the customer of a recording did.
    public enum Action: Sendable, Equatable {
        case text(String, language: String)
        case audio(RecordedAudio)
        case image(ImagePurpose, id: UInt64, [UInt8])
        /// Camera pictures, from the time of the first to that of the last.
        case video(ImagePurpose, [[UInt8]], fromUs: UInt64, toUs: UInt64)
        case tryOn(TryOnRequest)
        case behaviour(Behaviour, String)
        case language(String)
        case consent(Consent)
        case turn(start: Bool)
        case bargeIn
        case disconnect
        case resume
        /// Something that cannot be played, and why.
        case lost(String)
    }
}

extension RecordedScript.Action {
    static let noAudio = "speech was not recorded: the customer had not agreed"
    static let noPicture = "a picture was not recorded: the customer had not agreed"

    /// Nil for what a script does by itself: acknowledgements, what was played.
    init?(_ message: ClientMessage, _ entry: RecordedEntry) {
        var withheld = Withheld.nothing
        if case .frame(_, _, let lacks, _) = entry.what { withheld = lacks }
        switch message.kind {
        case .text(let input): self = .text(input.text, language: input.language)
        case .audio(let chunk): self = withheld == .audio ? .lost(Self.noAudio) : .audio(RecordedAudio(chunk))
        case .image(let part): self = withheld == .face ? .lost(Self.noPicture) : .image(part.purpose, id: part.imageID, part.data)
        case .video(let frame):
            self = withheld == .face ? .lost(Self.noPicture) : .video(frame.purpose, [frame.data], fromUs: entry.timeUs, toUs: entry.timeUs)
        case .behaviour(let event): self = .behaviour(event.behaviour, event.productID)
        case .control(let control):
            switch control.kind {
            case .setLanguage(let set): self = .language(set.language)
            case .bargeIn: self = .bargeIn
            case .tryOn(let request): self = .tryOn(request)
            case .consent(let consent): self = .consent(consent)
            case .turnStart: self = .turn(start: true)
            case .turnEnd: self = .turn(start: false)
            default: return nil
            }
        case nil: return nil
        }
    }
}
