// See vitrine_sentencepiece.h.
#include <sentencepiece_processor.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "vitrine_sentencepiece.h"

struct vt_sentencepiece {
    sentencepiece::SentencePieceProcessor processor;
};

namespace {

void explain(const char *reason, char *error, size_t capacity) {
    if (error != nullptr && capacity > 0) std::snprintf(error, capacity, "%s", reason);
}

}  // namespace

extern "C" {

vt_sentencepiece *vt_sentencepiece_load(const char *path, char *error, size_t error_capacity) {
    try {
        auto model = std::make_unique<vt_sentencepiece>();
        const auto status = model->processor.Load(path);
        if (status.ok()) return model.release();
        explain(status.ToString().c_str(), error, error_capacity);
    } catch (const std::exception &problem) {
        explain(problem.what(), error, error_capacity);
    } catch (...) {
        explain("unknown failure in SentencePiece", error, error_capacity);
    }
    return nullptr;
}

void vt_sentencepiece_free(vt_sentencepiece *model) { delete model; }

int32_t vt_sentencepiece_vocabulary_size(const vt_sentencepiece *model) { return model->processor.GetPieceSize(); }

int32_t vt_sentencepiece_encode(
    const vt_sentencepiece *model, const char *text, size_t length, int64_t *ids, size_t capacity, size_t *count, char *error,
    size_t error_capacity) {
    *count = 0;
    try {
        std::vector<int> pieces;
        const auto status = model->processor.Encode(absl::string_view(text, length), &pieces);
        if (!status.ok()) {
            explain(status.ToString().c_str(), error, error_capacity);
            return 1;
        }
        *count = pieces.size();
        std::copy_n(pieces.begin(), std::min(capacity, pieces.size()), ids);
        return 0;
    } catch (const std::exception &problem) {
        explain(problem.what(), error, error_capacity);
    } catch (...) {
        explain("unknown failure in SentencePiece", error, error_capacity);
    }
    return 1;
}

}  // extern "C"
