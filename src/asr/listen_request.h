// What a client of /v1/listen asks for, against what this server can do (docs/asr.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "adapters/deepgram/protocol.h"
#include "adapters/moonshine/segmenter.h"
#include "base/error.h"
#include "call/audio.h"

namespace sotto::app {

struct ListenRequest {
  deepgram::ListenQuery query;
  AudioFormat format;

  // Transcripts to give.
  int channels() const { return query.multichannel ? query.channels : 1; }
};

// Error INVALID_QUERY_PARAMETER whose message names the parameter and what is supported. Hints that only shape the
// result (model, numerals, ...) are accepted and change nothing; what a client would miss without being told
// (redact, callback, diarize, ...) is refused.
Result<ListenRequest> read_listen_request(std::string_view query);

// Waits, silence and partials of a recogniser stream as the client asked for them.
SegmenterOptions listen_segmenter(deepgram::ListenQuery const& query);

// The client's key from `Authorization: Token KEY` (or Bearer; any case), or from `Sec-WebSocket-Protocol: token, KEY`
// (or bearer). `protocol`: what a 101 answer has to name, empty for none. Error INVALID_AUTH.
struct ListenKey {
  std::string key, protocol;
};
Result<ListenKey> read_listen_key(std::string_view authorization, std::string_view protocols);

}  // namespace sotto::app
