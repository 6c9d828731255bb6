// The wire of /v1/listen (Deepgram live streaming), both sides: the query that opens a stream, what the client says and
// what the server answers. Source: deepgram-api-specs asyncapi.yml (2026-07) and the documentation's pages on
// endpointing, interim results, keep-alive and errors. Pure values and codecs: no sockets, no clock, thread-safe.
//
// Times on the wire are seconds since the first audio of this connection. Binary frames are raw audio, text frames
// JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace sotto::deepgram {

inline constexpr int kEndpointingDefault = 10;

// The query of /v1/listen. Unknown names are kept in `others`, as the service ignores what it does not know.
struct ListenQuery {
  std::string model = "nova-3";
  std::string language = "en";
  std::string encoding;  // linear16 | mulaw | alaw are what our server takes; a client may name any
  int sample_rate = 0;   // Hz
  int channels = 1;      // interleaved
  bool multichannel = false;
  bool interim_results = false;
  bool vad_events = false;
  bool punctuate = false;
  bool smart_format = false;
  bool no_delay = false;
  bool diarize = false;
  std::optional<int> endpointing = kEndpointingDefault;  // ms of silence; nullopt: off
  bool endpointing_given = false;  // parse_query() found it; to_query() writes it then, or when it is not the default
  std::optional<int> utterance_end_ms;  // needs interim_results
  std::vector<std::string> keyterms;    // nova-3
  std::vector<std::pair<std::string, std::string>> others;
};

// Error INVALID_QUERY_PARAMETER with a message that names the parameter and what is allowed.
Result<ListenQuery> parse_query(std::string_view query);
// Percent-encoded, without the question mark.
std::string to_query(ListenQuery const& query);

// --- client to server ---
struct KeepAlive {};
struct Finalize {
  std::optional<int> channel;
};
struct CloseStream {};
using ClientMessage = std::variant<KeepAlive, Finalize, CloseStream>;
// Error bad_message for what is no JSON object with a known `type`.
Result<ClientMessage> parse_client_message(std::string_view text);
std::string to_text(ClientMessage const& message);

// --- server to client ---
struct ListenWord {
  std::string word;             // lower case, bare
  std::string punctuated_word;  // as written; empty: same as `word`
  double start = 0, end = 0;    // s
  double confidence = 0;        // 0 to 1; 1 where the server says none
  std::optional<int> speaker;   // with diarize
};

struct Results {
  int channel = 0, channels = 1;   // channel_index
  double start = 0, duration = 0;  // s
  bool is_final = false;           // never changes; finals of a channel follow one another without overlap
  bool speech_final = false;       // an endpoint was found here
  bool from_finalize = false;
  std::string transcript;  // empty in a final: silence
  // Empty in a final, and yet there was a voice: music, a cough, a hallucination that was rejected. Our server's own
  // field, written only where it is true: the protocol has no word for it, and its clients skip what they do not know.
  bool no_words = false;
  bool eager = false;  // of ours too, in a result that is not final: see SpeechPartial::eager
  double confidence = 0;
  std::vector<ListenWord> words;
  std::string request_id;
  std::string model;  // what recognised
};
struct SpeechStarted {
  int channel = 0, channels = 1;
  double timestamp = 0;  // s
};
struct UtteranceEnd {
  int channel = 0, channels = 1;
  double last_word_end = -1;  // s
};
struct Metadata {
  std::string request_id, sha256, created;  // created: RFC 3339
  double duration = 0;                      // s of audio received
  int channels = 1;
};
// A type that is not known: logged, never fatal.
struct Unknown {
  std::string type;
};
using ServerMessage = std::variant<Results, SpeechStarted, UtteranceEnd, Metadata, Unknown>;
// Error bad_message for what is no JSON object, or a known type with fields of the wrong kind.
Result<ServerMessage> parse_server_message(std::string_view text);
std::string to_text(ServerMessage const& message);

// Close codes, and the reasons of the bad ones.
inline constexpr int kClosedCode = 1000;
inline constexpr int kUndecodableCode = 1008;
inline constexpr std::string_view kUndecodable = "DATA-0000";
inline constexpr int kTimeoutCode = 1011;
inline constexpr std::string_view kNoText = "NET-0000";
inline constexpr std::string_view kNoAudio = "NET-0001";

}  // namespace sotto::deepgram
