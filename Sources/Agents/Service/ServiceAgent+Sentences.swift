import Catalog
import Fusion
import Sessions
import Wire

/// Sentences of reviews that speak of the very thing that is asked: "do buyers say that they snag on sweaters?"
extension ServiceAgent {
    /// Sentences of one product that each of the two rankings gives.
    static let sentencesMax = 20
    /// A sentence speaks of it when so much of what is asked stands in it, or when it is so near in meaning (cosine).
    static let sentenceShareMin = 0.5
    static let sentenceCosineMin = 0.5

    /// Best first: by words and by meaning, merged by reciprocal rank. Empty where the question names a side of the product and no more, or where
    /// nothing in the reviews speaks of it.
    nonisolated(nonsending) func askedSentences(_ scene: ServiceScene, _ product: Product) async throws(StoreError) -> [Opinion] {
        let asked = ServiceAgent.telling(besideNames(scene.turn.words, product))
        guard !asked.isEmpty else { return [] }
        let hits = try await stores.catalog.searchOpinions(
            of: product.id, words: asked.joined(separator: " "), meaning: scene.turn.feature(Modality.text), limit: ServiceAgent.sentencesMax)
        let terms = Set(ShopLexicon.terms(asked.joined(separator: " ")))
        let near = hits.byMeaning.filter { $0.score >= ServiceAgent.sentenceCosineMin }
        let shared = hits.byWords.filter { hit in
            let there = Set(ShopLexicon.terms(hit.found.sentence))
            return !terms.isEmpty && Double(terms.count(where: there.contains)) >= ServiceAgent.sentenceShareMin * Double(terms.count)
        }
        var opinions: [String: Opinion] = [:]
        func names(_ hits: [SentenceHits<Opinion>.Hit]) -> [String] {
            var seen: Set<String> = []
            return hits.compactMap { hit in
                let name = "\(hit.found.reviewID) \(hit.found.sentence)"
                opinions[name] = hit.found
                return seen.insert(name).inserted ? name : nil
            }
        }
        // What neither supports is in neither ranking; what one supports is ranked by both.
        let supported = Set(names(near) + names(shared))
        let rankings = [names(hits.byWords), names(hits.byMeaning)]
        return RankFusion.merge(rankings).filter(supported.contains).compactMap { opinions[$0] }
    }

    /// Words that every question about reviews has.
    private static let asking: Set<String> = [
        "buyers", "buyer", "buyers'", "people", "customers", "customer", "anyone", "anybody", "someone", "somebody", "reviews", "review", "reviewers",
        "reviewer", "say", "says", "said", "saying", "mention", "mentions", "mentioned", "write", "writes", "wrote", "complain", "complains", "think",
        "thinks", "tell", "according", "about", "opinion", "opinions", "any", "others", "owners", "users", "what", "whether", "find", "know", "was",
        "ever", "really", "comments", "comment", "feedback", "rated", "rating", "ratings",
    ]
    private static let askingInChinese = [
        "有没有人", "有人说", "有人", "买家们", "买家", "顾客", "客人", "大家", "评价里", "评价", "评论", "反馈", "口碑", "是不是", "会不会", "怎么样", "怎么说", "都说", "提到", "觉得", "说过",
        "如何", "什么", "关于", "方面",
    ]

    /// What a question asks beyond that it asks what buyers say, and beyond the name of a side.
    private static func telling(_ words: String) -> [String] {
        var words = words
        for phrase in askingInChinese { words = words.replacing(phrase, with: " ") }
        let said = words.split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init).filter { !asking.contains($0) }
        let isBeyond = said.contains { word in
            !ShopLexicon.terms(word).isEmpty && ReviewAspect.asked(in: word) == nil
        }
        return isBeyond ? said : []
    }
}
