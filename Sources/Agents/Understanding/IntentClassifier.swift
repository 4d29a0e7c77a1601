// Agents: what answers a turn, from the shop's own catalogue, texts and orders.
//
// Owns the three agents, the understanding of what is wanted, the dialogue of customer service and the sentences they say. Agents are values
// that serve every session; they see stores and the catalogue snapshot, never SQL, sockets or plugins, and they say nothing that no source supports.

public import Catalog
public import ChineseScript
public import Fusion
public import Intents
import Locks
public import Sessions
import Wire

/// Names what a turn is for: which agent answers, and within customer service which intent it has.
///
/// One model over all of a shop's example sentences. A class is an intent of customer service, "POLICY/SECTION" for questions that one section
/// of the shop's texts answers, or another agent's name. p(agent) = Σ p(class) over the agent's classes; what is out of scope is customer
/// service's, who says so.
public struct IntentClassifier: TurnClassifier {
    public let classes = [AgentName.recommendation, AgentName.customerService, AgentName.tryOn]
    let model: IntentModel?
    let parser: FilterParser?
    let names: ProductNames?
    let simplifier: Simplifier?
    /// Intents that begin an action, which asks something back.
    let actions: Set<String>
    /// A turn's sentence is asked for twice: who answers, and what it is for.
    private let recent = Lock(RecentGuesses())

    /// A sentence whose words name so large a share of wares (kinds, materials, stones) is pulled towards a wish: odds × e^(strength·share).
    static let wishStrength: Float = 4
    /// Below this share the wares named say nothing of what is wanted.
    static let wishShareMin: Float = 0.3

    /// - Parameters:
    ///   - names: of the shop's products; who asks for a fact about one of them by name is answered by customer service.
    ///   - simplifier: reads words in traditional characters; nil = they are read as they are.
    ///   - actions: intents that begin an action of the shop's dialogue policy.
    public init(
        model: IntentModel?, parser: FilterParser? = nil, names: ProductNames? = nil, simplifier: Simplifier? = nil, actions: [String] = []
    ) {
        self.actions = Set(actions)
        self.simplifier = simplifier
        self.model = model
        self.parser = parser
        self.names = names
    }

    /// Learns from the examples that have a feature; nil when there are too few to choose from.
    public static func train(_ examples: [IntentExample], threads: Int = 2) throws(IntentError) -> IntentModel? {
        let space = examples.compactMap(\.feature).first
        let own = examples.compactMap { example -> Utterance? in
            guard let feature = example.feature, feature.spaceID == space?.spaceID, feature.values.count == space?.values.count else { return nil }
            return Utterance(text: example.text, embedding: feature.normalised().values, intent: label(example))
        }
        guard Set(own.map(\.intent)).subtracting(IntentModel.outOfScopeLabels).count >= 2 else { return nil }
        var options = IntentTrainer.Options()
        options.threads = threads
        return try IntentTrainer(options).train(own, spaceID: space?.spaceID ?? "")
    }

    /// The class of an example.
    static func label(_ example: IntentExample) -> String { example.intent.isEmpty ? example.agent : example.intent }

    /// Who answers what the model calls `name`.
    static func agent(of name: String) -> String {
        name == AgentName.recommendation || name == AgentName.tryOn ? name : AgentName.customerService
    }

    public func reading(_ words: String, _ restated: TurnPart?, _ context: DialogueContext) -> any ModalityClassifier {
        ReadTurn(classifier: self, words: simplifier?.understood(words) ?? words, restated: restated, context: context)
    }

    public func probabilities(_ feature: Feature) -> [ClassProbability]? { probabilities(feature, words: "", context: DialogueContext()) }

    /// - Parameter isRestated: a product is named beside these words: wares in them are asked about, and not for.
    func probabilities(_ feature: Feature, words: String, isRestated: Bool = false, context: DialogueContext) -> [ClassProbability]? {
        // A photo asks for things like it; a selfie asks to try something on.
        switch feature.modality {
        case Modality.image: return named(0.9, 0.1, 0)
        case Modality.selfie: return named(0.05, 0, 0.95)
        default: break
        }
        guard let model, feature.spaceID == model.spaceID, feature.values.count == model.embeddingSize else { return nil }
        // A person has taken over, or the answer to a question of ours: nothing to guess.
        let isAnswer = Awaited.isAnswered(by: words, context.dialogue, parser ?? FilterParser(), names)
        if context.dialogue.withPerson || isAnswer { return named(0, 1, 0) }
        if isFactAsked(words) { return named(0.04, 0.92, 0.04) }
        let parsed = parser?.parse(words) ?? ParsedFilter()
        switch cued(words, parsed, context) {
        case AgentName.recommendation: return named(0.92, 0.04, 0.04)
        case AgentName.customerService: return named(0.04, 0.92, 0.04)
        default: break
        }
        let guess = guess(model, words, feature)
        var shares: (wish: Float, tryOn: Float) = (0, 0)
        for entry in guess.all {
            switch IntentClassifier.agent(of: entry.intent) {
            case AgentName.recommendation: shares.wish += entry.probability
            case AgentName.tryOn: shares.tryOn += entry.probability
            default: break
            }
        }
        let wares = isRestated ? 0 : wishShare(words, parsed)
        // What names wares is not out of scope.
        if wares > 0 { shares.wish += max(0, 1 - guess.all.reduce(0) { $0 + $1.probability }) }
        let service = max(0, 1 - shares.wish - shares.tryOn)
        let pull = Exponential.of(IntentClassifier.wishStrength * wares)
        let total = shares.wish * pull + shares.tryOn + service
        return named(shares.wish * pull / total, service / total, shares.tryOn / total)
    }

    /// A product by its name, and a fact beside it: "how heavy are the Pearl Studs". Names are made of materials and kinds, which would pass
    /// for a wish.
    func isFactAsked(_ words: String) -> Bool {
        guard let names else { return false }
        let found = names.find(in: words)
        return !found.isEmpty && (ProductQuestion.asks(names.without(found, in: words)) || ProductQuestion.asksDescription(words))
    }

    /// What can only be about things shown: "the second one", "none of these", "tell me more about it". nil = anything.
    private func cued(_ words: String, _ parsed: ParsedFilter, _ context: DialogueContext) -> String? {
        let said = SaidWords(words)
        guard let parser, context.dialogue.state.isEmpty, !ProductQuestion.isForShop(said) else { return nil }
        let points = References.point(words)
        let isDescribed = ProductQuestion.asksDescription(said)
        if isDescribed, points, Wish.wordCount(words) <= Wish.refiningWordsMax { return AgentName.customerService }
        // "Have you got necklaces of 50 cm or longer?" asks for wares, not for what lengths mean.
        let isOfShown = points || (!context.shownProducts.isEmpty && Description.english(words, parser) != nil)
        if !isOfShown, asksForMeasured(words, said, parsed, context) { return AgentName.recommendation }
        guard !context.shownProducts.isEmpty else { return nil }
        let isCounted = !Ordinals.positions(in: words, parser).isEmpty || WishCues.pick(said) != nil
        if isCounted, isDescribed || ProductQuestion.picksOnly(words, parser: parser) { return AgentName.customerService }
        if isCounted || Description.english(words, parser) != nil, ProductQuestion.asks(words) { return AgentName.customerService }
        let isPointed = isCounted || (points && context.lastAgent == AgentName.recommendation)
        return WishCues.areAll(words, points: isPointed) ? AgentName.recommendation : nil
    }

    /// Whether wares of a weight, length or size are asked for, and nothing is said of what somebody has.
    private func asksForMeasured(_ words: String, _ said: SaidWords, _ parsed: ParsedFilter, _ context: DialogueContext) -> Bool {
        guard !parsed.measures.isEmpty, !said.contains(anyOf: Self.owned) else { return false }
        // After wares another condition beside it says enough: "and in silver, 50 cm or longer?".
        guard !parsed.filter.category.anyOf.isEmpty || (!context.shownProducts.isEmpty && !parsed.filter.isEmpty) else { return false }
        if said.contains(anyOf: Self.askingForWares) { return true }
        let covered = Set((parsed.matches.map(\.range) + parsed.measures.map(\.range)).flatMap { $0 })
        return covered.count * 2 >= words.utf8.count { $0 > 0x20 }
    }

    private static let owned: PhraseSet = [
        "my", "mine", "order", "ordered", "bought", "broke*", "repair*", "return*", "exchange*", "resize*", "resizing", "shorten*", "lengthen*",
        "extend*", "我的", "买的", "订单", "修", "退", "改", "断了",
    ]
    private static let askingForWares: PhraseSet = [
        "have you got", "have you any", "do you have", "do you sell", "do you carry", "got any", "any", "show", "find", "looking for", "i'm after",
        "want", "need", "有没有", "有", "想要", "想找", "找", "推荐", "看看",
    ]

    /// How much of the sentence names wares; 0 below `wishShareMin`.
    private func wishShare(_ words: String, _ parsed: ParsedFilter) -> Float {
        let all = words.utf8.count { $0 > 0x20 }
        guard all > 0 else { return 0 }
        var covered = Set<Int>()
        // For whom and for what is asked of the shop as often as of its wares.
        for match in parsed.matches where !FilterLexicon.giftFields.contains(match.field) { covered.formUnion(match.range) }
        let share = Float(covered.count) / Float(all)
        return share < IntentClassifier.wishShareMin ? 0 : min(1, share)
    }

    func named(_ recommendation: Float, _ service: Float, _ tryOn: Float) -> [ClassProbability] {
        zip(classes, [recommendation, service, tryOn]).map { ClassProbability(name: $0, probability: $1) }
    }

    /// The intents of customer service for a sentence, likeliest first, probabilities among themselves; "out_of_scope" is one of them.
    func service(_ words: String, _ feature: Feature?) -> [ClassProbability] {
        guard let model else { return [] }
        let guess = guess(model, words, feature.flatMap { $0.spaceID == model.spaceID ? $0 : nil })
        let outside = max(0, 1 - guess.all.reduce(0) { $0 + $1.probability })
        var own = guess.all.filter { IntentClassifier.agent(of: $0.intent) == AgentName.customerService }
            .map { ClassProbability(name: $0.intent, probability: $0.probability) }
        own.append(ClassProbability(name: IntentClassifier.outOfScope, probability: outside))
        let total = own.reduce(0) { $0 + $1.probability }
        guard total > 0 else { return [] }
        for index in own.indices { own[index].probability /= total }
        return own.enumerated().sorted { ($1.element.probability, $0.offset) < ($0.element.probability, $1.offset) }.map(\.element)
    }

    private func guess(_ model: IntentModel, _ words: String, _ feature: Feature?) -> IntentGuess {
        let values = feature?.values ?? []
        if let known = recent.withLock({ $0.find(words, values) }) { return known }
        let guess = model.guess(Utterance(text: words, embedding: feature?.normalised().values ?? []))
        recent.withLock { $0.keep(words, values, guess) }
        return guess
    }

    static let outOfScope = "out_of_scope"
}

/// What the model said of the sentences of the turns that are under way. The model alone decides what that is, so that it makes no difference
/// whether it is asked again.
struct RecentGuesses {
    /// Sentences that are kept.
    static let sentencesMax = 16

    private var kept: [(words: String, values: [Float], guess: IntentGuess)] = []
    private var next = 0

    func find(_ words: String, _ values: [Float]) -> IntentGuess? { kept.first { $0.words == words && $0.values == values }?.guess }

    mutating func keep(_ words: String, _ values: [Float], _ guess: IntentGuess) {
        if kept.count < RecentGuesses.sentencesMax {
            kept.append((words, values, guess))
        } else {
            kept[next] = (words, values, guess)
            next = (next + 1) % RecentGuesses.sentencesMax
        }
    }
}

/// The classifier with one turn's words and what the conversation is about.
private struct ReadTurn: ModalityClassifier {
    let classifier: IntentClassifier
    let words: String
    let restated: TurnPart?
    let context: DialogueContext

    func probabilities(_ feature: Feature) -> [ClassProbability]? {
        guard feature.modality == Modality.text, let restated, let vector = restated.feature else {
            return classifier.probabilities(feature, words: words, context: context)
        }
        return classifier.probabilities(words: words, restated: restated.words, vector, context)
    }
}

/// The names of agents, as graph files and example utterances use them.
public enum AgentName {
    public static let recommendation = "recommendation"
    public static let customerService = "customer_service"
    public static let tryOn = "try_on"
}

/// Inner product of two vectors of one length.
func dot(_ a: [Float], _ b: [Float]) -> Float {
    precondition(a.count == b.count, "vectors of one space have one length")
    var sum: Float = 0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
}
