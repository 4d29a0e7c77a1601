// See vitrine_hnsw.h. hnswlib 0.6 has no filtered search, so the walk over its graph is ours: it reads the links and
// vectors that the library keeps public, and keeps filtered rows out of the results but not out of the walk.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <new>
#include <queue>
#include <string>
#include <vector>

#include "vitrine_hnsw.h"

namespace {

float distance(const void *a, const void *b, const void *dim) {
    return 1.0f - vt_dot(static_cast<const float *>(a), static_cast<const float *>(b), *static_cast<const size_t *>(dim));
}

class InnerProduct : public hnswlib::SpaceInterface<float> {
    size_t dim_;

  public:
    explicit InnerProduct(size_t dim) : dim_(dim) {}
    size_t get_data_size() override { return dim_ * sizeof(float); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void *get_dist_func_param() override { return &dim_; }
};

using Graph = hnswlib::HierarchicalNSW<float>;
using Near = std::pair<float, hnswlib::tableint>;

constexpr uint32_t linksMin = 2, linksMax = 512;

}  // namespace

struct vt_hnsw {
    InnerProduct space;
    std::unique_ptr<Graph> graph;
    size_t dim;

    explicit vt_hnsw(size_t dim) : space(dim), dim(dim) {}

    float scoreOf(const float *query, hnswlib::tableint row) const {
        return vt_dot(query, reinterpret_cast<const float *>(graph->getDataByInternalId(row)), dim);
    }
};

namespace {

vt_hnsw_status fail(vt_hnsw_status status, const char *reason, char *error, size_t capacity) {
    if (error != nullptr && capacity > 0) std::snprintf(error, capacity, "%s", reason);
    return status;
}

// Runs `body`; whatever it throws becomes a status.
template <typename Body>
vt_hnsw_status guarded(char *error, size_t capacity, vt_hnsw_status otherwise, Body body) {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return fail(VT_HNSW_NO_MEMORY, "not enough memory for the index", error, capacity);
    } catch (const std::exception &problem) {
        return fail(otherwise, problem.what(), error, capacity);
    } catch (...) {
        return fail(VT_HNSW_INTERNAL, "unknown failure in hnswlib", error, capacity);
    }
}

// Greedy descent through the upper layers to a good place to begin in the lowest.
hnswlib::tableint descend(const vt_hnsw &index, const float *query) {
    const Graph &graph = *index.graph;
    hnswlib::tableint best = graph.enterpoint_node_;
    float bestScore = index.scoreOf(query, best);
    for (int level = graph.maxlevel_; level > 0; level--) {
        bool better = true;
        while (better) {
            better = false;
            auto *list = graph.get_linklist(best, level);
            const size_t count = graph.getListCount(list);
            const auto *links = reinterpret_cast<const hnswlib::tableint *>(list + 1);
            for (size_t at = 0; at < count; at++) {
                const float score = index.scoreOf(query, links[at]);
                if (score > bestScore) {
                    bestScore = score;
                    best = links[at];
                    better = true;
                }
            }
        }
    }
    return best;
}

struct Filter {
    const uint8_t *allowed;
    size_t count;
    bool passes(size_t label) const { return allowed == nullptr || (label < count && allowed[label] != 0); }
};

// Best-first walk of the lowest layer. `best` keeps the `ef` best rows that pass; the walk ends when the best open
// row is worse than the worst of a full `best`.
std::vector<Near> walk(const vt_hnsw &index, const float *query, size_t ef, const Filter &filter) {
    const Graph &graph = *index.graph;
    std::vector<bool> seen(graph.cur_element_count, false);
    std::priority_queue<Near> open;
    std::priority_queue<Near, std::vector<Near>, std::greater<Near>> best;
    auto visit = [&](hnswlib::tableint row) {
        if (seen[row]) return;
        seen[row] = true;
        const float score = index.scoreOf(query, row);
        if (best.size() >= ef && score <= best.top().first) return;
        open.emplace(score, row);
        if (graph.isMarkedDeleted(row) || !filter.passes(graph.getExternalLabel(row))) return;
        best.emplace(score, row);
        if (best.size() > ef) best.pop();
    };
    visit(descend(index, query));
    while (!open.empty()) {
        const Near next = open.top();
        if (best.size() >= ef && next.first < best.top().first) break;
        open.pop();
        auto *list = graph.get_linklist0(next.second);
        const size_t count = graph.getListCount(list);
        const auto *links = reinterpret_cast<const hnswlib::tableint *>(list + 1);
        for (size_t at = 0; at < count; at++) visit(links[at]);
    }
    std::vector<Near> rows;
    rows.reserve(best.size());
    for (; !best.empty(); best.pop()) rows.push_back(best.top());
    return rows;
}

// FNV-1a over the whole file: finds damage, not malice. False when the file cannot be read to its end.
bool checksum(const std::string &path, uint64_t &sum, uint64_t &size) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    sum = 1469598103934665603u;
    size = 0;
    std::vector<char> block(1u << 16);
    while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
        for (std::streamsize at = 0; at < file.gcount(); at++) {
            sum ^= static_cast<unsigned char>(block[static_cast<size_t>(at)]);
            sum *= 1099511628211u;
        }
        size += static_cast<uint64_t>(file.gcount());
    }
    return file.eof();
}

struct Check {
    char magic[8];
    uint64_t dim, count, size, sum;
};
constexpr char magic[8] = {'v', 't', 'h', 'n', 's', 'w', '0', '1'};

}  // namespace

extern "C" {

vt_hnsw_status vt_hnsw_make(
    uint32_t dim, uint32_t capacity, uint32_t links, uint32_t ef_construction, vt_hnsw **index, char *error, size_t error_capacity) {
    if (dim == 0 || capacity == 0 || links < linksMin || links > linksMax || ef_construction == 0)
        return fail(VT_HNSW_INVALID, "dim, capacity and ef_construction must be positive, links 2 to 512", error, error_capacity);
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        auto made = std::make_unique<vt_hnsw>(dim);
        made->graph = std::make_unique<Graph>(&made->space, capacity, links, ef_construction);
        *index = made.release();
        return VT_HNSW_OK;
    });
}

void vt_hnsw_free(vt_hnsw *index) { delete index; }

uint32_t vt_hnsw_count(const vt_hnsw *index) { return static_cast<uint32_t>(index->graph->cur_element_count); }

vt_hnsw_status vt_hnsw_add(vt_hnsw *index, uint32_t label, const float *vector, char *error, size_t error_capacity) {
    Graph &graph = *index->graph;
    if (label >= graph.max_elements_) return fail(VT_HNSW_FULL, "the label is not below the index's capacity", error, error_capacity);
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        graph.addPoint(vector, label);
        return VT_HNSW_OK;
    });
}

vt_hnsw_status vt_hnsw_mark_deleted(vt_hnsw *index, uint32_t label, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_INVALID, [&] {
        index->graph->markDelete(label);
        return VT_HNSW_OK;
    });
}

vt_hnsw_status vt_hnsw_search(
    const vt_hnsw *index, const float *query, uint32_t k, uint32_t ef, const uint8_t *allowed, size_t allowed_count, vt_hnsw_hit *hits,
    uint32_t *hit_count, char *error, size_t error_capacity) {
    *hit_count = 0;
    if (index->graph->cur_element_count == 0 || k == 0) return VT_HNSW_OK;
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        auto rows = walk(*index, query, std::max(k, ef), Filter{allowed, allowed_count});
        std::vector<vt_hnsw_hit> found;
        found.reserve(rows.size());
        for (const auto &row : rows) found.push_back({static_cast<uint32_t>(index->graph->getExternalLabel(row.second)), row.first});
        std::sort(found.begin(), found.end(), [](const vt_hnsw_hit &a, const vt_hnsw_hit &b) {
            return a.score != b.score ? a.score > b.score : a.label < b.label;
        });
        *hit_count = static_cast<uint32_t>(std::min<size_t>(k, found.size()));
        std::copy_n(found.begin(), *hit_count, hits);
        return VT_HNSW_OK;
    });
}

vt_hnsw_status vt_hnsw_save(vt_hnsw *index, const char *path, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_IO, [&] {
        const std::string target(path), part = target + ".part", note = target + ".check", notePart = note + ".part";
        index->graph->saveIndex(part);
        Check check{{}, index->dim, index->graph->cur_element_count, 0, 0};
        std::memcpy(check.magic, magic, sizeof magic);
        bool written = checksum(part, check.sum, check.size);
        // hnswlib does not look whether its writes succeeded: a short file is found by its size.
        const Graph &graph = *index->graph;
        const uint64_t least = static_cast<uint64_t>(graph.cur_element_count) * graph.size_data_per_element_;
        written = written && check.size > least;
        if (written) {
            std::ofstream out(notePart, std::ios::binary);
            out.write(reinterpret_cast<const char *>(&check), sizeof check);
            out.close();
            written = out.good();
        }
        if (!written || std::rename(part.c_str(), path) != 0 || std::rename(notePart.c_str(), note.c_str()) != 0) {
            ::unlink(part.c_str());
            ::unlink(notePart.c_str());
            return fail(VT_HNSW_IO, "the index could not be written (disk full or no permission)", error, error_capacity);
        }
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

vt_hnsw_status vt_hnsw_load(const char *path, uint32_t dim, uint32_t capacity, vt_hnsw **index, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_CORRUPT, [&] {
        Check check{};
        std::ifstream note(std::string(path) + ".check", std::ios::binary);
        if (!note.read(reinterpret_cast<char *>(&check), sizeof check))
            return fail(VT_HNSW_IO, "the index or its .check file cannot be read", error, error_capacity);
        uint64_t sum = 0, size = 0;
        if (std::memcmp(check.magic, magic, sizeof magic) != 0 || !checksum(path, sum, size) || sum != check.sum || size != check.size)
            return fail(VT_HNSW_CORRUPT, "the index is damaged: its checksum does not fit", error, error_capacity);
        if (check.dim != dim || check.count > capacity)
            return fail(VT_HNSW_INVALID, "the index has another dimension or more rows than allowed", error, error_capacity);
        auto made = std::make_unique<vt_hnsw>(dim);
        made->graph = std::make_unique<Graph>(&made->space, path, false, capacity);
        *index = made.release();
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

}  // extern "C"
