/// The models that the plugin can use; the option `model` names one. All take ids i64[L] and give `embedding` f32[1, dimensions].
enum TextModel: String, CaseIterable, Sendable {
    /// Universal Sentence Encoder Multilingual, convolutional.
    case muse
    /// multilingual-e5-small: a hundred languages and better search, at some ten times the cost.
    case e5

    /// Numbers of a vector.
    var dimensions: Int {
        switch self {
        case .muse: 512
        case .e5: 384
        }
    }

    /// Folder below the models folder.
    var folder: String {
        switch self {
        case .muse: "muse-i8"
        case .e5: "e5"
        }
    }

    var path: String { "\(folder)/\(rawValue).xml" }

    /// The ids before and after every window.
    var begin: Int64 {
        switch self {
        case .muse: 1
        case .e5: 0
        }
    }

    var end: Int64 { 2 }

    /// Ids of one window, begin and end included. For muse a bound on memory (a window of so many takes some 300 MB): its package gives a text to
    /// the network whole, and no text of the allowed size is in many windows. e5 has no places for more.
    var windowIDsMax: Int {
        switch self {
        case .muse: 4_096
        case .e5: 512
        }
    }

    /// What the model was trained to see before a text that is compared with others of its kind.
    var prefix: String {
        switch self {
        case .muse: ""
        case .e5: "query: "
        }
    }

    /// Element type and size, model, begin and end, longest window, what was done to the vectors.
    var treatment: String {
        switch self {
        case .muse: "f32[512]/muse/sp-1-2-w4096/mean-unit"
        case .e5: "f32[384]/e5/sp-query-0-2-w512/mean-unit"
        }
    }

    /// What the set-up installs, by `FileHash` over weights and tokenizer.
    var pinnedFiles: UInt64 {
        switch self {
        case .muse: 0xa473_85aa_de53_68de
        case .e5: 0xdee3_6cba_e879_fb9a
        }
    }

    /// The condition of a manifest's entry for this model.
    var condition: String { "model=\(rawValue)" }
}
