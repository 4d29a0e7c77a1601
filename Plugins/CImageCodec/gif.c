/* GIF through giflib: the first picture on its canvas. Line by line, so that nothing is allocated for pictures that are not looked at. */
#include "image_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

struct ic_gif_source {
    const uint8_t *data;
    size_t length, position;
};

static int read_bytes(GifFileType *file, GifByteType *target, int count) {
    struct ic_gif_source *source = file->UserData;
    size_t left = source->length - source->position;
    size_t taken = (size_t)count < left ? (size_t)count : left;
    memcpy(target, source->data + source->position, taken);
    source->position += taken;
    return (int)taken;
}

static ic_result failure(int code, char *reason) {
    const char *text = GifErrorString(code);
    snprintf(reason, IC_REASON_MAX, "%s", text ? text : "the file ends early");
    return code == D_GIF_ERR_NOT_ENOUGH_MEM ? IC_NO_MEMORY : IC_CORRUPT;
}

ic_result ic_gif_header(const uint8_t *data, size_t length, ic_header *header, char *reason) {
    struct ic_gif_source source = {data, length, 0};
    int code = 0;
    memset(header, 0, sizeof *header);
    GifFileType *file = DGifOpen(&source, read_bytes, &code);
    if (!file) return failure(code, reason);
    header->width = (uint32_t)file->SWidth;
    header->height = (uint32_t)file->SHeight;
    DGifCloseFile(file, &code);
    return IC_OK;
}

/* The transparent index of a graphic control extension, or -1. */
static int transparent_index(GifFileType *file, int *transparent) {
    GifByteType *block = NULL;
    int kind = 0;
    if (DGifGetExtension(file, &kind, &block) == GIF_ERROR) return GIF_ERROR;
    if (kind == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4) *transparent = block[1] & 1 ? block[4] : -1;
    while (block) {
        if (DGifGetExtensionNext(file, &block) == GIF_ERROR) return GIF_ERROR;
    }
    return GIF_OK;
}

/* One picture's lines onto the canvas; what lies outside of it is not drawn. */
static ic_result draw(GifFileType *file, int transparent, uint32_t width, uint32_t height, uint8_t *rgb, char *reason) {
    const GifImageDesc *picture = &file->Image;
    const ColorMapObject *colours = picture->ColorMap ? picture->ColorMap : file->SColorMap;
    if (!colours) {
        snprintf(reason, IC_REASON_MAX, "it has no colours");
        return IC_CORRUPT;
    }
    if (picture->Width <= 0 || picture->Height <= 0 || picture->Left < 0 || picture->Top < 0 ||
        (uint32_t)picture->Left + (uint32_t)picture->Width > width || (uint32_t)picture->Top + (uint32_t)picture->Height > height) {
        snprintf(reason, IC_REASON_MAX, "its first picture does not lie on the canvas of %u x %u", width, height);
        return IC_CORRUPT;
    }
    GifPixelType *line = malloc((size_t)picture->Width);
    if (!line) return IC_NO_MEMORY;
    static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    int passes = picture->Interlace ? 4 : 1;
    ic_result result = IC_OK;
    for (int pass = 0; pass < passes && result == IC_OK; pass++) {
        int step = picture->Interlace ? steps[pass] : 1;
        for (int y = picture->Interlace ? starts[pass] : 0; y < picture->Height; y += step) {
            if (DGifGetLine(file, line, picture->Width) == GIF_ERROR) {
                result = failure(file->Error, reason);
                break;
            }
            uint8_t *target = rgb + ((size_t)(picture->Top + y) * width + (size_t)picture->Left) * 3;
            for (int x = 0; x < picture->Width; x++, target += 3) {
                if (line[x] == transparent) continue;
                if (line[x] >= colours->ColorCount) continue; /* not in the palette: as viewers do, nothing is drawn */
                const GifColorType *colour = &colours->Colors[line[x]];
                target[0] = colour->Red, target[1] = colour->Green, target[2] = colour->Blue;
            }
        }
    }
    free(line);
    return result;
}

ic_result ic_gif_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason) {
    struct ic_gif_source source = {data, length, 0};
    int code = 0, transparent = -1;
    GifFileType *file = DGifOpen(&source, read_bytes, &code);
    if (!file) return failure(code, reason);
    memset(rgb, 255, (size_t)width * height * 3);
    ic_result result = IC_CORRUPT;
    snprintf(reason, IC_REASON_MAX, "it holds no picture");
    for (;;) {
        GifRecordType record;
        if (DGifGetRecordType(file, &record) == GIF_ERROR) {
            result = failure(file->Error, reason);
            break;
        }
        if (record == EXTENSION_RECORD_TYPE) {
            if (transparent_index(file, &transparent) == GIF_ERROR) {
                result = failure(file->Error, reason);
                break;
            }
            continue;
        }
        if (record == IMAGE_DESC_RECORD_TYPE) {
            /* giflib keeps a list of descriptions, here of one. */
            result = DGifGetImageDesc(file) == GIF_ERROR ? failure(file->Error, reason) : draw(file, transparent, width, height, rgb, reason);
        }
        break;
    }
    DGifCloseFile(file, &code);
    return result;
}

struct ic_gif_target {
    uint8_t *bytes;
    size_t length, capacity;
};

static int write_bytes(GifFileType *file, const GifByteType *bytes, int count) {
    struct ic_gif_target *target = file->UserData;
    if (target->length + (size_t)count > target->capacity) {
        size_t capacity = 2 * (target->length + (size_t)count);
        uint8_t *grown = realloc(target->bytes, capacity);
        if (!grown) return 0;
        target->bytes = grown;
        target->capacity = capacity;
    }
    memcpy(target->bytes + target->length, bytes, (size_t)count);
    target->length += (size_t)count;
    return count;
}

static int put(GifFileType *file, const uint8_t *indexes, uint32_t width, uint32_t height, const ColorMapObject *map, int transparent,
               int interlaced) {
    if (EGifPutScreenDesc(file, (int)width, (int)height, 8, 0, map) == GIF_ERROR) return 0;
    if (transparent >= 0) {
        GraphicsControlBlock block = {.TransparentColor = transparent};
        GifByteType bytes[4];
        size_t count = EGifGCBToExtension(&block, bytes);
        if (EGifPutExtension(file, GRAPHICS_EXT_FUNC_CODE, (int)count, bytes) == GIF_ERROR) return 0;
    }
    if (EGifPutImageDesc(file, 0, 0, (int)width, (int)height, interlaced, NULL) == GIF_ERROR) return 0;
    static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    for (int pass = 0; pass < (interlaced ? 4 : 1); pass++) {
        for (uint32_t y = interlaced ? (uint32_t)starts[pass] : 0; y < height; y += interlaced ? (uint32_t)steps[pass] : 1) {
            if (EGifPutLine(file, (GifPixelType *)(indexes + (size_t)y * width), (int)width) == GIF_ERROR) return 0;
        }
    }
    return 1;
}

ic_result ic_gif_encode(const uint8_t *indexes, uint32_t width, uint32_t height, const uint8_t *palette, int colours, int transparent,
                        int interlaced, uint8_t **out, size_t *out_length) {
    struct ic_gif_target target = {NULL, 0, 0};
    int code = 0;
    ColorMapObject *map = GifMakeMapObject(colours, NULL);
    if (!map) return IC_UNSUPPORTED;
    for (int i = 0; i < colours; i++) map->Colors[i] = (GifColorType){palette[i * 3], palette[i * 3 + 1], palette[i * 3 + 2]};
    GifFileType *file = EGifOpen(&target, write_bytes, &code);
    int written = file && put(file, indexes, width, height, map, transparent, interlaced);
    if (file && EGifCloseFile(file, &code) == GIF_ERROR) written = 0;
    GifFreeMapObject(map);
    if (!written) {
        free(target.bytes);
        return IC_NO_MEMORY;
    }
    *out = target.bytes;
    *out_length = target.length;
    return IC_OK;
}
