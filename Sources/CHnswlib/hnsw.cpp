// See vitrine_hnsw.h. hnswlib 0.6 has no filtered search, so the walk over its graph is ours: it reads the links and
// codes that the library keeps public, and keeps filtered rows out of the results but not out of the walk.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <mutex>
#include <new>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "vitrine_hnsw.h"

namespace {

// A row in the graph: its scale, then one signed byte a column; value ≈ scale · code.
constexpr size_t scaleBytes = sizeof(float);

float scaleOf(const void *row) {
    float scale;
    std::memcpy(&scale, row, scaleBytes);
    return scale;
}

float score(const void *a, const void *b, size_t dim) {
    const auto *x = static_cast<const int8_t *>(a) + scaleBytes, *y = static_cast<const int8_t *>(b) + scaleBytes;
    return scaleOf(a) * scaleOf(b) * static_cast<float>(vt_dot_codes(x, y, dim));
}

float distance(const void *a, const void *b, const void *dim) { return 1.0f - score(a, b, *static_cast<const size_t *>(dim)); }

// False when a value is not finite.
bool encode(const float *values, size_t dim, std::vector<int8_t> &row) {
    float most = 0;
    for (size_t at = 0; at < dim; at++) {
        if (!std::isfinite(values[at])) return false;
        most = std::max(most, std::fabs(values[at]));
    }
    const float scale = most > 0 ? most / 127.0f : 1.0f;
    std::memcpy(row.data(), &scale, scaleBytes);
    for (size_t at = 0; at < dim; at++) row[scaleBytes + at] = static_cast<int8_t>(std::lrintf(values[at] / scale));
    return true;
}

class InnerProduct : public hnswlib::SpaceInterface<float> {
    size_t dim_;

  public:
    explicit InnerProduct(size_t dim) : dim_(dim) {}
    size_t get_data_size() override { return scaleBytes + dim_; }
    hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
    void *get_dist_func_param() override { return &dim_; }
};

using Graph = hnswlib::HierarchicalNSW<float>;
using Row = hnswlib::tableint;
using Near = std::pair<float, Row>;

constexpr uint32_t linksMin = 2, linksMax = 512, threadsMax = 256;
constexpr Row noRow = UINT32_MAX;

}  // namespace

struct vt_hnsw {
    size_t dim;
    InnerProduct space;
    std::unique_ptr<Graph> graph;
    // The graph's own number of each label.
    std::vector<Row> rowOf;

    explicit vt_hnsw(size_t dim) : dim(dim), space(dim) {}

    const char *codes(Row row) const { return graph->getDataByInternalId(row); }

    void number() {
        rowOf.assign(graph->max_elements_, noRow);
        for (Row row = 0; row < graph->cur_element_count; row++) {
            const size_t label = graph->getExternalLabel(row);
            if (label < rowOf.size()) rowOf[label] = row;
        }
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

void gather(const vt_hnsw_block *blocks, size_t blockCount, uint32_t label, float *values) {
    for (size_t block = 0; block < blockCount; block++) {
        const auto &from = blocks[block];
        if (label < from.count)
            std::copy_n(from.rows + label * from.dim, from.dim, values);
        else
            std::fill_n(values, from.dim, 0.0f);
        values += from.dim;
    }
}

float exactScore(const vt_hnsw_block *blocks, size_t blockCount, uint32_t label, const float *query) {
    float sum = 0;
    for (size_t block = 0; block < blockCount; block++) {
        const auto &from = blocks[block];
        if (label < from.count) sum += vt_dot(from.rows + label * from.dim, query, from.dim);
        query += from.dim;
    }
    return sum;
}

bool fits(const vt_hnsw &index, const vt_hnsw_block *blocks, size_t blockCount) {
    size_t dim = 0;
    for (size_t block = 0; block < blockCount; block++) dim += blocks[block].dim;
    return dim == index.dim;
}

// One search: the query's codes, what is admitted, and the best rows so far.
class Search {
    const vt_hnsw &index;
    const Graph &graph;
    const int8_t *query;
    const uint8_t *allowed;
    const size_t allowedCount;
    const size_t width;
    std::priority_queue<Near, std::vector<Near>, std::greater<Near>> best;

    bool passes(size_t label) const { return allowed == nullptr || (label < allowedCount && allowed[label] != 0); }

    void keep(float score, Row row) {
        if (best.size() >= width && score <= best.top().first) return;
        best.emplace(score, row);
        if (best.size() > width) best.pop();
    }

    float scoreOf(Row row) {
        compared++;
        return score(query, index.codes(row), index.dim);
    }

    void fetch(Row row) const {
        const char *data = index.codes(row);
        for (size_t at = 0; at < index.dim + scaleBytes; at += 64) __builtin_prefetch(data + at);
    }

    // Greedy descent through the upper layers to a good place to begin in the lowest.
    Row descend() {
        Row row = graph.enterpoint_node_;
        float rowScore = scoreOf(row);
        for (int level = graph.maxlevel_; level > 0; level--) {
            for (bool better = true; better;) {
                better = false;
                auto *list = graph.get_linklist(row, level);
                const size_t count = graph.getListCount(list);
                const auto *links = reinterpret_cast<const Row *>(list + 1);
                for (size_t at = 0; at < count; at++) {
                    const float score = scoreOf(links[at]);
                    if (score > rowScore) {
                        rowScore = score;
                        row = links[at];
                        better = true;
                    }
                }
            }
        }
        return row;
    }

  public:
    uint32_t compared = 0;

    Search(const vt_hnsw &index, const int8_t *query, const uint8_t *allowed, size_t allowedCount, size_t width)
        : index(index), graph(*index.graph), query(query), allowed(allowed), allowedCount(allowedCount), width(width) {}

    // Best-first walk of the lowest layer: ends when the best open row is worse than the worst of a full `best`. False when it gave up after
    // `budget` comparisons.
    bool walk(size_t budget) {
        auto *seen = graph.visited_list_pool_->getFreeVisitedList();
        const auto mark = seen->curV;
        auto *marks = seen->mass;
        std::priority_queue<Near> open;
        auto visit = [&](Row row) {
            const float score = scoreOf(row);
            if (best.size() >= width && score <= best.top().first) return;
            open.emplace(score, row);
            if (!graph.isMarkedDeleted(row) && passes(graph.getExternalLabel(row))) keep(score, row);
        };
        const Row start = descend();
        marks[start] = mark;
        visit(start);
        bool ended = true;
        Row fresh[2 * linksMax];
        while (!open.empty()) {
            const Near next = open.top();
            if (best.size() >= width && next.first < best.top().first) break;
            if (compared > budget) {
                ended = false;
                break;
            }
            open.pop();
            auto *list = graph.get_linklist0(next.second);
            const size_t count = graph.getListCount(list);
            const auto *links = reinterpret_cast<const Row *>(list + 1);
            size_t freshCount = 0;
            for (size_t at = 0; at < count; at++) {
                if (marks[links[at]] == mark) continue;
                marks[links[at]] = mark;
                fetch(links[at]);
                fresh[freshCount++] = links[at];
            }
            for (size_t at = 0; at < freshCount; at++) visit(fresh[at]);
        }
        graph.visited_list_pool_->releaseVisitedList(seen);
        return ended;
    }

    // Every admitted row, one by one.
    void scan() {
        best = {};
        const size_t labels = std::min(index.rowOf.size(), allowed == nullptr ? index.rowOf.size() : allowedCount);
        constexpr size_t ahead = 8;
        Row waiting[ahead];
        size_t count = 0, next = 0;
        auto take = [&](Row row) {
            if (!graph.isMarkedDeleted(row)) keep(scoreOf(row), row);
        };
        for (size_t label = 0; label < labels; label++) {
            if (!passes(label) || index.rowOf[label] == noRow) continue;
            const Row row = index.rowOf[label];
            fetch(row);
            if (count == ahead) {
                take(waiting[next]);
                waiting[next] = row;
                next = (next + 1) % ahead;
            } else {
                waiting[count++] = row;
            }
        }
        for (size_t at = 0; at < count; at++) take(waiting[at]);
    }

    size_t found() const { return best.size(); }

    // Best first.
    std::vector<vt_hnsw_hit> take() {
        std::vector<vt_hnsw_hit> hits;
        hits.reserve(best.size());
        for (; !best.empty(); best.pop()) hits.push_back({static_cast<uint32_t>(graph.getExternalLabel(best.top().second)), best.top().first});
        std::reverse(hits.begin(), hits.end());
        return hits;
    }
};

bool precedes(const vt_hnsw_hit &a, const vt_hnsw_hit &b) { return a.score != b.score ? a.score > b.score : a.label < b.label; }

// What hnswlib 0.6 writes before the rows, in its order.
struct Header {
    size_t offsetLevel0, maxElements, count, rowBytes, labelOffset, dataOffset;
    int maxLevel;
    Row entry;
    size_t maxLinks, maxLinks0, links;
    double multiplier;
    size_t constructionWidth;

    static constexpr size_t bytes = 10 * sizeof(size_t) + sizeof(int) + sizeof(Row) + sizeof(double);

    bool read(std::ifstream &file) {
        auto take = [&](auto &value) { file.read(reinterpret_cast<char *>(&value), sizeof value); };
        take(offsetLevel0), take(maxElements), take(count), take(rowBytes), take(labelOffset), take(dataOffset), take(maxLevel), take(entry);
        take(maxLinks), take(maxLinks0), take(links), take(multiplier), take(constructionWidth);
        return static_cast<bool>(file);
    }

    // Whether sizes and places are those of rows of `dataBytes`: hnswlib believes them.
    bool fits(size_t dataBytes, size_t rows) const {
        if (links < linksMin || links > linksMax || maxLinks != links || maxLinks0 != 2 * links) return false;
        const size_t level0 = maxLinks0 * sizeof(Row) + sizeof(hnswlib::linklistsizeint);
        return offsetLevel0 == 0 && count == rows && dataOffset == level0 && labelOffset == level0 + dataBytes &&
               rowBytes == labelOffset + sizeof(hnswlib::labeltype) && multiplier > 0 && std::isfinite(multiplier);
    }
};

// How long the file of a graph is.
uint64_t fileBytes(const Graph &graph) {
    uint64_t bytes = Header::bytes + graph.cur_element_count * graph.size_data_per_element_;
    for (size_t row = 0; row < graph.cur_element_count; row++)
        bytes += sizeof(unsigned int) + (graph.element_levels_[row] > 0 ? graph.element_levels_[row] * graph.size_links_per_element_ : 0);
    return bytes;
}

// Whether every link leads to a row that is there, on a layer that it has, and every label is below the capacity and there once: a walk looks no more.
bool isSound(const Graph &graph) {
    const size_t rows = graph.cur_element_count;
    if (rows == 0) return true;
    if (graph.enterpoint_node_ >= rows || graph.maxlevel_ < 0 || graph.element_levels_[graph.enterpoint_node_] < graph.maxlevel_) return false;
    auto leads = [&](hnswlib::linklistsizeint *list, size_t most, int level) {
        const size_t count = graph.getListCount(list);
        if (count > most) return false;
        const auto *links = reinterpret_cast<const Row *>(list + 1);
        return std::all_of(links, links + count, [&](Row to) { return to < rows && (level == 0 || graph.element_levels_[to] >= level); });
    };
    std::vector<bool> seen(graph.max_elements_);
    for (Row row = 0; row < rows; row++) {
        const size_t label = graph.getExternalLabel(row);
        if (label >= seen.size() || seen[label]) return false;
        seen[label] = true;
        if (!leads(graph.get_linklist0(row), graph.maxM0_, 0)) return false;
        for (int level = 1; level <= graph.element_levels_[row]; level++)
            if (!leads(graph.get_linklist(row, level), graph.maxM_, level)) return false;
    }
    return true;
}

size_t countAllowed(const uint8_t *allowed, size_t count) {
    size_t sum = 0;
    for (size_t at = 0; at < count; at++) sum += allowed[at] != 0;
    return sum;
}

}  // namespace

extern "C" {

vt_hnsw_status vt_hnsw_make(
    uint32_t dim, uint32_t capacity, uint32_t links, uint32_t ef_construction, vt_hnsw **index, char *error, size_t error_capacity) {
    if (dim == 0 || capacity == 0 || links < linksMin || links > linksMax || ef_construction == 0)
        return fail(VT_HNSW_INVALID, "dim, capacity and ef_construction must be positive, links 2 to 512", error, error_capacity);
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        auto made = std::make_unique<vt_hnsw>(dim);
        made->graph = std::make_unique<Graph>(&made->space, capacity, links, ef_construction);
        made->number();
        *index = made.release();
        return VT_HNSW_OK;
    });
}

void vt_hnsw_free(vt_hnsw *index) { delete index; }

uint32_t vt_hnsw_count(const vt_hnsw *index) { return static_cast<uint32_t>(index->graph->cur_element_count); }

uint32_t vt_hnsw_deleted(const vt_hnsw *index) { return static_cast<uint32_t>(index->graph->num_deleted_); }

vt_hnsw_status vt_hnsw_add_rows(
    vt_hnsw *index, const vt_hnsw_block *blocks, size_t block_count, uint32_t first, uint32_t count, uint32_t threads, char *error,
    size_t error_capacity) {
    Graph &graph = *index->graph;
    if (static_cast<uint64_t>(first) + count > graph.max_elements_)
        return fail(VT_HNSW_FULL, "the rows are not below the index's capacity", error, error_capacity);
    if (!fits(*index, blocks, block_count) || threads == 0 || threads > threadsMax)
        return fail(VT_HNSW_INVALID, "the blocks' dimensions must add up to the index's, threads be 1 to 256", error, error_capacity);
    for (uint32_t label = first; label < first + count; label++)
        if (index->rowOf[label] != noRow) return fail(VT_HNSW_INVALID, "a row of that number is there already", error, error_capacity);
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        std::atomic<uint32_t> next(first);
        std::atomic<bool> isFinite(true), isDone(false);
        std::exception_ptr problem;
        std::mutex lock;
        auto work = [&] {
            try {
                std::vector<float> values(index->dim);
                std::vector<int8_t> row(scaleBytes + index->dim);
                for (uint32_t label; !isDone && (label = next++) < first + count;) {
                    gather(blocks, block_count, label, values.data());
                    if (!encode(values.data(), index->dim, row)) {
                        isFinite = false;
                        isDone = true;
                        return;
                    }
                    graph.addPoint(row.data(), label);
                }
            } catch (...) {
                std::lock_guard<std::mutex> guard(lock);
                problem = std::current_exception();
                isDone = true;
            }
        };
        std::vector<std::thread> others;
        for (uint32_t thread = 1; thread < threads; thread++) others.emplace_back(work);
        work();
        for (auto &thread : others) thread.join();
        index->number();
        if (problem) std::rethrow_exception(problem);
        if (!isFinite) return fail(VT_HNSW_INVALID, "a row has a value that is not a finite number", error, error_capacity);
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

vt_hnsw_status vt_hnsw_mark_deleted(vt_hnsw *index, uint32_t label, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_INVALID, [&] {
        index->graph->markDelete(label);
        return VT_HNSW_OK;
    });
}

vt_hnsw_status vt_hnsw_reserve(vt_hnsw *index, uint32_t capacity, char *error, size_t error_capacity) {
    if (capacity <= index->graph->max_elements_) return VT_HNSW_OK;
    return guarded(error, error_capacity, VT_HNSW_NO_MEMORY, [&] {
        index->graph->resizeIndex(capacity);
        index->number();
        return VT_HNSW_OK;
    });
}

vt_hnsw_status vt_hnsw_search(
    const vt_hnsw *index, const float *query, uint32_t k, uint32_t ef, const uint8_t *allowed, size_t allowed_count,
    const vt_hnsw_block *blocks, size_t block_count, vt_hnsw_hit *hits, uint32_t *hit_count, vt_hnsw_effort *effort, char *error,
    size_t error_capacity) {
    *hit_count = 0;
    if (effort != nullptr) *effort = {0, 0};
    const size_t rows = index->graph->cur_element_count;
    if (rows == 0 || k == 0) return VT_HNSW_OK;
    if (block_count > 0 && !fits(*index, blocks, block_count))
        return fail(VT_HNSW_INVALID, "the blocks' dimensions must add up to the index's", error, error_capacity);
    return guarded(error, error_capacity, VT_HNSW_INTERNAL, [&] {
        std::vector<int8_t> codes(scaleBytes + index->dim);
        if (!encode(query, index->dim, codes)) return fail(VT_HNSW_INVALID, "the query has a value that is not a finite number", error, error_capacity);
        const size_t candidates = 4 * static_cast<size_t>(k) + 32, width = std::max<size_t>(ef, k);
        const size_t admitted = allowed == nullptr ? rows : countAllowed(allowed, allowed_count);
        if (admitted == 0) return static_cast<vt_hnsw_status>(VT_HNSW_OK);
        Search search(*index, codes.data(), allowed, allowed_count, width);
        // A walk compares about 16·width·rows/admitted codes (16: measured), a scan `admitted` of them.
        const double walkCost = 16.0 * static_cast<double>(width) * static_cast<double>(rows) / static_cast<double>(admitted);
        bool isScan = static_cast<double>(admitted) <= walkCost;
        if (!isScan) isScan = !search.walk(admitted) || search.found() < std::min<size_t>(k, admitted);
        if (isScan) search.scan();
        if (effort != nullptr) *effort = {search.compared, isScan ? 1u : 0u};
        auto found = search.take();
        if (block_count > 0) {
            if (found.size() > candidates) found.resize(candidates);
            for (auto &hit : found) hit.score = exactScore(blocks, block_count, hit.label, query);
        }
        std::sort(found.begin(), found.end(), precedes);
        *hit_count = static_cast<uint32_t>(std::min<size_t>(k, found.size()));
        std::copy_n(found.begin(), *hit_count, hits);
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

vt_hnsw_status vt_hnsw_save(vt_hnsw *index, const char *path, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_IO, [&] {
        index->graph->saveIndex(path);
        // hnswlib does not look whether its writes succeeded: a short file is found by its size.
        std::ifstream file(path, std::ios::binary | std::ios::ate);
        if (!file || static_cast<uint64_t>(file.tellg()) != fileBytes(*index->graph))
            return fail(VT_HNSW_IO, "the index could not be written (disk full or no permission)", error, error_capacity);
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

vt_hnsw_status vt_hnsw_load(
    const char *path, uint32_t dim, uint32_t count, uint32_t capacity, vt_hnsw **index, char *error, size_t error_capacity) {
    return guarded(error, error_capacity, VT_HNSW_CORRUPT, [&] {
        auto made = std::make_unique<vt_hnsw>(dim);
        std::ifstream file(path, std::ios::binary);
        Header header;
        if (!file || !header.read(file)) return fail(VT_HNSW_CORRUPT, "the file cannot be read, or is no index", error, error_capacity);
        if (!header.fits(made->space.get_data_size(), count))
            return fail(VT_HNSW_INVALID, "the index has another dimension or number of rows", error, error_capacity);
        file.close();
        made->graph = std::make_unique<Graph>(&made->space, path, false, std::max(capacity, count));
        if (!isSound(*made->graph)) return fail(VT_HNSW_CORRUPT, "the index has links that lead nowhere", error, error_capacity);
        made->number();
        *index = made.release();
        return static_cast<vt_hnsw_status>(VT_HNSW_OK);
    });
}

}  // extern "C"
