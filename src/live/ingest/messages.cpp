#include "live/ingest/messages.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "call/event_codec.h"

namespace sotto::ingest {

namespace json = boost::json;

namespace {

constexpr std::array kRates{8000, 16000, 22050, 24000, 32000, 44100, 48000};
constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint8_t kVersion = 1;
constexpr double kSpeedMin = 0.01, kSpeedMax = 100.0;
constexpr std::int64_t kSampleMax = std::int64_t{1} << 48;
constexpr std::size_t kMetadataMax = 4096;  // bytes of JSON: a title and some keys of the system it came from

std::unexpected<Error> bad_field(std::string_view field, std::string_view expected) {
  return fail("bad_field", fmt::format("field \"{}\" must be {}", field, expected));
}

// Characters without a shape: controls, and the marks that turn or hide text (Unicode categories Cc, Cf, Zl, Zp).
bool holds_unseen(std::string_view text) {
  auto const size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    std::int32_t character = 0;
    U8_NEXT(reinterpret_cast<std::uint8_t const*>(text.data()), at, size, character);
    if (character < 0 || (U_GET_GC_MASK(character) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK)))
      return true;
  }
  return false;
}

// An id of a system around us, taken as it is: an address, a domain's user, an ARN. Never the name of a file.
Result<std::string> identifier(json::object const& message, std::string_view key, bool required) {
  auto const* value = message.if_contains(key);
  if (!value || value->is_null()) {
    if (required) return fail("missing_field", fmt::format("field \"{}\" is missing", key));
    return std::string{};
  }
  if (value->is_number())
    return bad_field(key, fmt::format("a string; it is the number {0}: write \"{0}\"", json::serialize(*value)));
  if (!value->is_string()) return bad_field(key, "a string");
  std::string text(value->get_string());
  if ((required && text.empty()) || text.size() > limits::kIdLengthMax)
    return bad_field(key, fmt::format("1 to {} bytes long, not {}", limits::kIdLengthMax, text.size()));
  if (text.starts_with(' ') || text.ends_with(' ')) return bad_field(key, "without a space at its beginning and end");
  if (holds_unseen(text)) return bad_field(key, "without control characters and marks that nobody sees");
  return text;
}

// What other systems hang on a call: shown as it is, so it is simple and small.
Result<json::object> metadata_of(json::value const& value) {
  constexpr std::string_view kWanted = "an object of strings, numbers and booleans";
  auto const* const object = value.if_object();
  if (!object) return bad_field("metadata", kWanted);
  for (auto const& [key, entry] : *object) {
    if (!entry.is_structured()) continue;
    return bad_field("metadata", fmt::format("{}; its entry \"{}\" is {}", kWanted, one_line(key, 40),
                                             entry.is_array() ? "a list" : "an object"));
  }
  if (auto const size = json::serialize(*object).size(); size > kMetadataMax)
    return bad_field("metadata", fmt::format("at most {} bytes, not {}", kMetadataMax, size));
  return *object;
}

// Both parties in one track.
constexpr std::string_view kMixed = "mixed";

Result<Party> party_of(json::value const& value, CallInfo const& call) {
  auto const* const entry = value.if_object();
  if (!entry) return bad_field("parties", "a list of objects with track, side and name");
  auto const track = parse_track(get_string(*entry, "track"));
  if (!track || std::ranges::count(call.tracks, *track) == 0)
    return bad_field("parties", fmt::format("each with a track of the call's, not \"{}\"",
                                            one_line(get_string(*entry, "track"), 40)));
  if (std::ranges::count(call.parties, *track, &Party::track) > 0)
    return bad_field("parties", fmt::format("one for a track; {} has two", name(*track)));
  auto const side = is_side(*track) && !entry->contains("side") ? track : parse_track(get_string(*entry, "side"));
  if (!side || !is_side(*side) || (is_side(*track) && *side != *track))
    return bad_field("parties",
                     fmt::format("each with a side, customer or agent, the first two with their own; {} has \"{}\"",
                                 name(*track), one_line(get_string(*entry, "side"), 40)));
  auto const* const name_value = entry->if_contains("name");
  auto const shown = get_string(*entry, "name");
  if ((name_value && !name_value->is_string()) || shown.size() > limits::kPartyNameMax || holds_unseen(shown))
    return bad_field("parties", fmt::format("names of at most {} bytes without control characters; that of {} is not",
                                            limits::kPartyNameMax, name(*track)));
  return Party{.track = *track, .side = *side, .name = std::string(shown)};
}

// Of every track beyond the first two it must be known on whose side it stands.
Result<void> read_parties(json::object const& message, CallInfo& call) {
  if (auto const* const list = get_array(message, "parties")) {
    for (auto const& entry : *list) {
      auto party = party_of(entry, call);
      if (!party) return std::unexpected(party.error());
      call.parties.push_back(std::move(*party));
    }
  } else if (message.contains("parties")) {
    return bad_field("parties", "a list");
  }
  for (auto const track : call.tracks) {
    if (!is_side(track) && std::ranges::count(call.parties, track, &Party::track) == 0)
      return bad_field("parties", fmt::format("an entry for {} that says its side", name(track)));
  }
  return {};
}

Result<void> read_tracks(json::object const& message, CallInfo& call) {
  auto const* list = get_array(message, "tracks");
  if (!list) return fail("missing_field", "field \"tracks\" is missing or not a list");
  auto const is_mixed = [](json::value const& entry) { return entry.is_string() && entry.get_string() == kMixed; };
  call.mono = std::ranges::any_of(*list, is_mixed);
  if (call.mono) {
    if (list->size() > 1) return bad_field("tracks", "\"mixed\" alone: both parties are in it");
    call.tracks = {Track::customer};
    return {};
  }
  auto& tracks = call.tracks;
  for (auto const& entry : *list) {
    auto const track = entry.is_string() ? parse_track(entry.get_string()) : std::nullopt;
    if (!track || std::ranges::count(tracks, *track) > 0)
      return bad_field("tracks", fmt::format("{}, each at most once, or \"mixed\" alone; not {}",
                                             fmt::join(kTrackNames, ", "), one_line(json::serialize(entry), 40)));
    tracks.push_back(*track);
  }
  if (tracks.empty()) return bad_field("tracks", "a list of at least one track");
  return {};
}

Result<AudioFormat> format_of(json::object const& message) {
  auto const coding = parse_coding(get_string(message, "coding"));
  if (!coding) return fail("bad_coding", "field \"coding\" must be mulaw, alaw or pcm_s16le");
  auto const* rate_value = message.if_contains("rate");
  if (!rate_value) return fail("missing_field", "field \"rate\" is missing");
  auto const rate = static_cast<int>(std::clamp<std::int64_t>(get_int(message, "rate", -1), -1, 1 << 30));
  if (!is_rate(rate)) {
    return fail("bad_rate", fmt::format("rate {} is not supported; use one of {}",
                                        one_line(json::serialize(*rate_value), 40), fmt::join(kRates, ", ")));
  }
  if (*coding != Coding::pcm_s16le && rate != 8000) {
    return fail("bad_rate", fmt::format("{} exists only at 8000 samples a second, not {}", name(*coding), rate));
  }
  return AudioFormat{*coding, rate};
}

Result<Control> decode_start(json::object const& message) {
  Start start;
  for (auto const& [key, field, required] : {std::tuple{"call", &start.call.id, true},
                                             {"tenant", &start.call.tenant, true},
                                             {"team", &start.call.team, false},
                                             {"agent", &start.call.agent, false},
                                             {"resume", &start.resume, false}}) {
    auto value = identifier(message, key, required);
    if (!value) return std::unexpected(value.error());
    *field = std::move(*value);
  }
  if (auto read = read_tracks(message, start.call); !read) return std::unexpected(read.error());
  if (auto read = read_parties(message, start.call); !read) return std::unexpected(read.error());
  auto format = format_of(message);
  if (!format) return std::unexpected(format.error());
  start.call.format = *format;
  start.call.speed = get_double(message, "speed", 1.0);
  if (!std::isfinite(start.call.speed) || start.call.speed < kSpeedMin || start.call.speed > kSpeedMax) {
    return bad_field("speed", fmt::format("{} to {}", kSpeedMin, kSpeedMax));
  }
  start.call.replay = get_bool(message, "replay");
  start.call.demo = get_bool(message, "demo");
  if (auto const* metadata = message.if_contains("metadata")) {
    auto read = metadata_of(*metadata);
    if (!read) return std::unexpected(read.error());
    start.call.metadata = std::move(*read);
  }
  return start;
}

Result<Control> decode_transfer(json::object const& message) {
  auto agent = identifier(message, "agent", true);
  if (!agent) return std::unexpected(agent.error());
  auto team = identifier(message, "team", false);
  if (!team) return std::unexpected(team.error());
  return Transfer{.agent = std::move(*agent), .team = std::move(*team)};
}

Result<Control> decode_expect(json::object const& message) {
  auto terms = terms_of(message);
  if (!terms) return std::unexpected(terms.error());
  return Expect{.terms = std::move(*terms)};
}

Result<std::int64_t> sample_of(json::object const& message) {
  auto const sample = get_int(message, "sample", -1);
  if (sample < 0 || sample > kSampleMax) return bad_field("sample", "a whole number from 0 to 2^48");
  return sample;
}

void put_u64(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t get_u64(std::uint8_t const* at) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | at[i];
  return value;
}

json::array to_json(std::vector<TrackProgress> const& tracks) {
  json::array out;
  for (auto const& entry : tracks) {
    out.push_back(
        json::object{{"track", name(entry.track)}, {"received", entry.received}, {"committed", entry.committed}});
  }
  return out;
}

}  // namespace

bool is_rate(int rate) { return std::ranges::count(kRates, rate) > 0; }

Result<Control> decode_control(std::string_view text) {
  if (text.size() > limits::kControlBytesMax) {
    return fail("too_big", fmt::format("a message of {} bytes; at most {}", text.size(), limits::kControlBytesMax));
  }
  auto const message = parse_object(text);
  if (!message) return std::unexpected(message.error());
  auto const type = get_string(*message, "type");
  if (type == "start") return decode_start(*message);
  if (type == "end") return End{};
  if (type == "pause" || type == "resume") {
    auto const sample = sample_of(*message);
    if (!sample) return std::unexpected(sample.error());
    if (type == "pause") return Pause{*sample};
    return Resume{*sample};
  }
  if (type == "transfer") return decode_transfer(*message);
  if (type == "expect") return decode_expect(*message);
  return fail("unknown_type", fmt::format("message type \"{}\"; expected start, pause, resume, transfer, expect or end",
                                          one_line(type, 40)));
}

Result<std::vector<std::string>> terms_of(json::object const& message) {
  auto const* value = message.if_contains("terms");
  if (!value) return fail("missing_field", "field \"terms\" is missing");
  auto const expected =
      fmt::format("a list of at most {} texts of at most {} bytes", limits::kKeytermsMax, limits::kKeytermBytesMax);
  if (!value->is_array() || value->get_array().size() > limits::kKeytermsMax) return bad_field("terms", expected);
  std::vector<std::string> terms;
  for (auto const& term : value->get_array()) {
    auto const name = fmt::format("terms[{}]", terms.size());
    if (!term.is_string()) return bad_field(name, "a text");
    std::string_view const text(term.get_string());
    if (text.size() > limits::kKeytermBytesMax)
      return bad_field(name, fmt::format("at most {} bytes; it has {}", limits::kKeytermBytesMax, text.size()));
    if (!language::has_letter(text)) return bad_field(name, "a name or a product: there is no letter in it");
    terms.emplace_back(text);
  }
  return terms;
}

Result<AudioPacket> decode_packet(std::span<std::uint8_t const> bytes, CallInfo const& call, Time now) {
  if (bytes.size() > limits::kPacketBytesMax) {
    return fail("too_big", fmt::format("a packet of {} bytes; at most {}", bytes.size(), limits::kPacketBytesMax));
  }
  if (bytes.size() <= kHeaderBytes)
    return fail("bad_packet", fmt::format("a packet of {} bytes holds no audio", bytes.size()));
  if (bytes[0] != kVersion) return fail("bad_packet", fmt::format("packet version {}; expected 1", bytes[0]));
  if (bytes[2] != 0 || bytes[3] != 0) return fail("bad_packet", "bytes 2 and 3 of a packet must be 0");
  if (bytes[1] >= call.tracks.size()) {
    return fail("unknown_track", fmt::format("track index {}; this call has {}", bytes[1], call.tracks.size()));
  }
  auto const samples = bytes.subspan(kHeaderBytes);
  if (samples.size() % call.format.bytes_per_sample() != 0)
    return fail("bad_packet", "an odd number of bytes of 16-bit audio");
  auto const first = get_u64(bytes.data() + 4);
  if (first > static_cast<std::uint64_t>(kSampleMax))
    return fail("bad_packet", fmt::format("first sample {} is out of range", first));
  return AudioPacket{.track = call.tracks[bytes[1]],
                     .first_sample = static_cast<std::int64_t>(first),
                     .bytes = {samples.begin(), samples.end()},
                     .arrived = now};
}

std::vector<std::uint8_t> encode_packet(std::size_t track_index, std::int64_t first_sample,
                                        std::span<std::uint8_t const> samples) {
  std::vector<std::uint8_t> out(kHeaderBytes + samples.size());
  out[0] = kVersion;
  out[1] = static_cast<std::uint8_t>(track_index);
  put_u64(out.data() + 4, static_cast<std::uint64_t>(first_sample));
  std::ranges::copy(samples, out.begin() + kHeaderBytes);
  return out;
}

std::string encode_start(Start const& start) {
  auto message = sotto::to_json(start.call);
  for (auto const* internal : {"started", "started_us", "mono"}) message.erase(internal);
  if (start.call.mono) message["tracks"] = json::array{kMixed};
  message["type"] = "start";
  if (!start.resume.empty()) message["resume"] = start.resume;
  return json::serialize(message);
}

std::string encode_control(std::string_view type, std::int64_t sample) {
  return json::serialize(json::object{{"type", type}, {"sample", sample}});
}

std::string encode_transfer(Transfer const& transfer) {
  return json::serialize(json::object{{"type", "transfer"}, {"agent", transfer.agent}, {"team", transfer.team}});
}

std::string encode_started(CallInfo const& call, std::string_view resume_token,
                           std::vector<TrackProgress> const& tracks, std::size_t rules) {
  return json::serialize(json::object{
      {"type", "started"}, {"call", call.id}, {"resume", resume_token}, {"tracks", to_json(tracks)}, {"rules", rules}});
}

std::string encode_ack(std::vector<TrackProgress> const& tracks) {
  return json::serialize(json::object{{"type", "ack"}, {"tracks", to_json(tracks)}});
}

std::string encode_notice(std::string_view type, std::int64_t sample) { return encode_control(type, sample); }

std::string encode_ended(EndReason reason) {
  return json::serialize(json::object{{"type", "ended"}, {"reason", name(reason)}});
}

std::string encode_error(Error const& error, bool fatal) {
  return json::serialize(
      json::object{{"type", "error"}, {"code", error.code}, {"message", error.message}, {"fatal", fatal}});
}

}  // namespace sotto::ingest
