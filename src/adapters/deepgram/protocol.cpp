#include "adapters/deepgram/protocol.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>

#include "base/json.h"

namespace sotto::deepgram {

namespace json = boost::json;
namespace urls = boost::urls;

// --- the query ---

namespace {

std::unexpected<Error> bad_parameter(std::string_view name, std::string_view allowed) {
  return fail("INVALID_QUERY_PARAMETER", fmt::format("{}: expected {}", name, allowed));
}

Result<bool> to_bool(std::string_view name, std::string_view value) {
  // Python clients that format their booleans themselves write "True".
  if (value == "true" || value == "True" || value.empty()) return true;
  if (value == "false" || value == "False") return false;
  return bad_parameter(name, "true or false");
}

Result<int> to_int(std::string_view name, std::string_view value, int least, int most) {
  int number = 0;
  auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most) {
    return bad_parameter(name, fmt::format("a whole number from {} to {}", least, most));
  }
  return number;
}

template <typename T, typename U>
Result<void> put(T& field, Result<U> value) {
  if (!value) return std::unexpected(value.error());
  field = std::move(*value);
  return {};
}

Result<void> read_parameter(ListenQuery& query, std::string const& name, std::string const& value) {
  if (name == "model") return put(query.model, Result<std::string>(value));
  if (name == "language") return put(query.language, Result<std::string>(value));
  if (name == "encoding") return put(query.encoding, Result<std::string>(value));
  if (name == "sample_rate") return put(query.sample_rate, to_int(name, value, 1000, 192'000));
  if (name == "channels") return put(query.channels, to_int(name, value, 1, 20));
  if (name == "multichannel") return put(query.multichannel, to_bool(name, value));
  if (name == "interim_results") return put(query.interim_results, to_bool(name, value));
  if (name == "vad_events") return put(query.vad_events, to_bool(name, value));
  if (name == "punctuate") return put(query.punctuate, to_bool(name, value));
  if (name == "smart_format") return put(query.smart_format, to_bool(name, value));
  if (name == "no_delay") return put(query.no_delay, to_bool(name, value));
  if (name == "diarize") return put(query.diarize, to_bool(name, value));
  if (name == "utterance_end_ms") return put(query.utterance_end_ms, to_int(name, value, 1000, 5000));
  if (name == "endpointing") {
    if (value == "true" || value == "True") return {};
    query.endpointing_given = true;
    query.endpointing.reset();
    if (value == "false" || value == "False") return {};
    return put(query.endpointing, to_int(name, value, 0, 10'000));
  }
  if (name == "keyterm") {
    query.keyterms.push_back(value);
    return {};
  }
  query.others.emplace_back(name, value);
  return {};
}

}  // namespace

// Split by hand: parse_query() of Boost.URL 1.81 reads a byte beyond its argument.
Result<ListenQuery> parse_query(std::string_view text) {
  ListenQuery query;
  urls::encoding_opts options;
  options.space_as_plus = true;
  while (!text.empty()) {
    auto const part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty()) continue;
    auto const equals = std::min(part.find('='), part.size());
    auto const name = urls::make_pct_string_view(part.substr(0, equals));
    auto const value = urls::make_pct_string_view(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return fail("INVALID_QUERY_PARAMETER", "the query is not percent-encoded name=value pairs");
    if (auto read = read_parameter(query, name->decode(options), value->decode(options)); !read) {
      return std::unexpected(read.error());
    }
  }
  if (!query.encoding.empty() && query.sample_rate == 0) {
    return bad_parameter("sample_rate", "a rate in Hz wherever encoding is given");
  }
  if (query.utterance_end_ms && !query.interim_results) {
    return bad_parameter("utterance_end_ms", "interim_results=true beside it");
  }
  return query;
}

std::string to_query(ListenQuery const& query) {
  std::string out;
  auto const add = [&](std::string_view name, std::string const& value) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", urls::encode(name, urls::unreserved_chars),
                       urls::encode(value, urls::unreserved_chars));
  };
  auto const flag = [&](std::string_view name, bool value) {
    if (value) add(name, "true");
  };
  add("model", query.model);
  add("language", query.language);
  if (!query.encoding.empty()) {
    add("encoding", query.encoding);
    add("sample_rate", std::to_string(query.sample_rate));
  }
  add("channels", std::to_string(query.channels));
  flag("multichannel", query.multichannel);
  flag("interim_results", query.interim_results);
  flag("vad_events", query.vad_events);
  flag("punctuate", query.punctuate);
  flag("smart_format", query.smart_format);
  flag("no_delay", query.no_delay);
  flag("diarize", query.diarize);
  if (query.endpointing_given || query.endpointing != kEndpointingDefault) {
    add("endpointing", query.endpointing ? std::to_string(*query.endpointing) : "false");
  }
  if (query.utterance_end_ms) add("utterance_end_ms", std::to_string(*query.utterance_end_ms));
  for (auto const& term : query.keyterms) add("keyterm", term);
  for (auto const& [name, value] : query.others) add(name, value);
  return out;
}

// --- client to server ---

Result<ClientMessage> parse_client_message(std::string_view text) {
  auto const object = parse_object(text);
  if (!object) return fail("bad_message", object.error().message);
  auto const type = get_string(*object, "type");
  if (type == "KeepAlive") return KeepAlive{};
  if (type == "CloseStream") return CloseStream{};
  if (type == "Finalize") {
    Finalize finalize;
    if (object->if_contains("channel")) finalize.channel = static_cast<int>(get_int(*object, "channel", -1));
    return finalize;
  }
  return fail("bad_message", fmt::format("type \"{}\" is not KeepAlive, Finalize or CloseStream", type));
}

std::string to_text(ClientMessage const& message) {
  if (std::holds_alternative<KeepAlive>(message)) return R"({"type":"KeepAlive"})";
  if (std::holds_alternative<CloseStream>(message)) return R"({"type":"CloseStream"})";
  auto const& finalize = std::get<Finalize>(message);
  json::object out{{"type", "Finalize"}};
  if (finalize.channel) out["channel"] = *finalize.channel;
  return json::serialize(out);
}

// --- server to client ---

namespace {

// "channel_index" or "channel": [channel, channels].
void read_channel(json::object const& object, std::string_view key, int& channel, int& channels) {
  auto const* pair = get_array(object, key);
  if (!pair || pair->size() != 2 || !pair->at(0).is_int64() || !pair->at(1).is_int64()) return;
  channel = static_cast<int>(pair->at(0).get_int64());
  channels = static_cast<int>(pair->at(1).get_int64());
}

Result<ServerMessage> read_results(json::object const& object) {
  Results out{.start = get_double(object, "start", -1),
              .duration = get_double(object, "duration", -1),
              .is_final = get_bool(object, "is_final"),
              .speech_final = get_bool(object, "speech_final"),
              .from_finalize = get_bool(object, "from_finalize"),
              .no_words = get_bool(object, "no_words"),
              .eager = get_bool(object, "eager")};
  // A day: beyond it the times are no times.
  constexpr double most = 86'400;
  if (!(out.start >= 0 && out.start < most && out.duration >= 0 && out.duration < most)) {
    return fail("bad_message", "Results without start and duration in seconds");
  }
  read_channel(object, "channel_index", out.channel, out.channels);
  if (auto const* metadata = get_object(object, "metadata")) {
    out.request_id = get_string(*metadata, "request_id");
    if (auto const* model = get_object(*metadata, "model_info")) out.model = get_string(*model, "name");
  }
  auto const* channel = get_object(object, "channel");
  auto const* alternatives = channel ? get_array(*channel, "alternatives") : nullptr;
  if (!alternatives || alternatives->empty() || !alternatives->front().is_object()) {
    return fail("bad_message", "Results without channel.alternatives");
  }
  auto const& best = alternatives->front().get_object();
  out.transcript = get_string(best, "transcript");
  out.confidence = get_double(best, "confidence");
  auto const* words = get_array(best, "words");
  for (std::size_t at = 0; words && at < words->size(); ++at) {
    auto const* word = words->at(at).if_object();
    if (!word) return fail("bad_message", "a word that is not an object");
    out.words.push_back({.word = get_string(*word, "word"),
                         .punctuated_word = get_string(*word, "punctuated_word"),
                         .start = std::clamp(get_double(*word, "start"), 0.0, most),
                         .end = std::clamp(get_double(*word, "end"), 0.0, most),
                         .confidence = std::clamp(get_double(*word, "confidence", 1), 0.0, 1.0),
                         .speaker = std::nullopt});
    if (word->if_contains("speaker")) out.words.back().speaker = static_cast<int>(get_int(*word, "speaker"));
  }
  return out;
}

// Numbers as people write them (3.12, not the library's 3.12E0): these messages are read in terminals and logs.
std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "0"; }

std::string write(ListenWord const& word) {
  auto out = fmt::format(R"({{"word":{},"start":{},"end":{},"confidence":{})", quoted(word.word), number(word.start),
                         number(word.end), number(word.confidence));
  if (!word.punctuated_word.empty()) out += fmt::format(R"(,"punctuated_word":{})", quoted(word.punctuated_word));
  if (word.speaker) out += fmt::format(R"(,"speaker":{})", *word.speaker);
  return out + "}";
}

std::string write(Results const& results) {
  std::string words;
  for (auto const& word : results.words) words += (words.empty() ? "" : ",") + write(word);
  auto const head = fmt::format(
      R"({{"type":"Results","channel_index":[{},{}],"duration":{},"start":{},"is_final":{},"speech_final":{})",
      results.channel, results.channels, number(results.duration), number(results.start), results.is_final,
      results.speech_final);
  auto const best = fmt::format(R"({{"transcript":{},"confidence":{},"words":[{}]}})", quoted(results.transcript),
                                number(results.confidence), words);
  auto const metadata =
      fmt::format(R"({{"request_id":{},"model_info":{{"name":{},"version":"0.1.0","arch":"moonshine"}},)"
                  R"("model_uuid":"00000000-0000-0000-0000-000000000000"}})",
                  quoted(results.request_id), quoted(results.model));
  return fmt::format(R"({},"from_finalize":{}{}{},"channel":{{"alternatives":[{}]}},"metadata":{}}})", head,
                     results.from_finalize, results.no_words ? R"(,"no_words":true)" : "",
                     results.eager ? R"(,"eager":true)" : "", best, metadata);
}

std::string write(SpeechStarted const& started) {
  return fmt::format(R"({{"type":"SpeechStarted","channel":[{},{}],"timestamp":{}}})", started.channel,
                     started.channels, number(started.timestamp));
}

std::string write(UtteranceEnd const& end) {
  return fmt::format(R"({{"type":"UtteranceEnd","channel":[{},{}],"last_word_end":{}}})", end.channel, end.channels,
                     number(end.last_word_end));
}

std::string write(Metadata const& metadata) {
  return fmt::format(
      R"({{"type":"Metadata","transaction_key":"deprecated","request_id":{},"sha256":{},"created":{},"duration":{},)"
      R"("channels":{}}})",
      quoted(metadata.request_id), quoted(metadata.sha256), quoted(metadata.created), number(metadata.duration),
      metadata.channels);
}

std::string write(Unknown const& unknown) { return fmt::format(R"({{"type":{}}})", quoted(unknown.type)); }

}  // namespace

Result<ServerMessage> parse_server_message(std::string_view text) {
  auto const object = parse_object(text);
  if (!object) return fail("bad_message", object.error().message);
  auto const type = get_string(*object, "type");
  if (type == "Results") return read_results(*object);
  if (type == "SpeechStarted") {
    SpeechStarted out{.timestamp = get_double(*object, "timestamp")};
    read_channel(*object, "channel", out.channel, out.channels);
    return out;
  }
  if (type == "UtteranceEnd") {
    UtteranceEnd out{.last_word_end = get_double(*object, "last_word_end", -1)};
    read_channel(*object, "channel", out.channel, out.channels);
    return out;
  }
  if (type == "Metadata") {
    return Metadata{.request_id = get_string(*object, "request_id"),
                    .sha256 = get_string(*object, "sha256"),
                    .created = get_string(*object, "created"),
                    .duration = get_double(*object, "duration"),
                    .channels = static_cast<int>(get_int(*object, "channels", 1))};
  }
  return Unknown{type};
}

std::string to_text(ServerMessage const& message) {
  return std::visit([](auto const& known) { return write(known); }, message);
}

}  // namespace sotto::deepgram
