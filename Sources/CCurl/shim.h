#include <curl/curl.h>

// libcurl's setters are variadic, which Swift cannot call: one function for each type of value.

static inline CURLcode vitrine_curl_set_number(CURL *handle, CURLoption option, long value) { return curl_easy_setopt(handle, option, value); }

static inline CURLcode vitrine_curl_set_text(CURL *handle, CURLoption option, const char *value) { return curl_easy_setopt(handle, option, value); }

static inline CURLcode vitrine_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

/// The body is copied.
static inline CURLcode vitrine_curl_set_body(CURL *handle, const char *bytes, long count) {
    CURLcode status = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, count);
    return status == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes) : status;
}

static inline CURLcode vitrine_curl_on_bytes(CURL *handle, curl_write_callback receive, void *context) {
    CURLcode status = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    return status == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : status;
}

static inline long vitrine_curl_status(CURL *handle) {
    long status = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

/// Bytes of the request, headers and body, that were sent; 0 = the other side cannot have acted on it.
static inline long vitrine_curl_request_bytes(CURL *handle) {
    long bytes = 0;
    return curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK ? bytes : 0;
}

static inline CURLMcode vitrine_curl_on_socket(CURLM *multi, curl_socket_callback changed, void *context) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, changed);
    return status == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context) : status;
}

static inline CURLMcode vitrine_curl_on_timer(CURLM *multi, curl_multi_timer_callback changed, void *context) {
    CURLMcode status = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, changed);
    return status == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context) : status;
}

static inline CURLMcode vitrine_curl_set_connections(CURLM *multi, long max) { return curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max); }
