// One recogniser stream over one /v1/listen connection, without the connection: audio and the server's messages in,
// messages to send and speech events out. Pure state, `now` from outside, confined to its loop; recognizer.cpp puts
// a socket around it, the simulation a scripted provider.
//
// Positions are 16 kHz samples of the track; the connection's own time begins at the first sample pushed. What is sent
// is 16 kHz linear16. Finals and empty finals of the server become decided intervals that follow one another; a hole
// that the server leaves between them is decided as voiced audio without words (a gap), never as silence.
//
// It declares itself lost (SpeechLost, then nothing) when the server closes or refuses, says what cannot be read, keeps
// silent over voiced audio, or takes no more data. The owner opens another and pushes again from the first undecided
// sample (ports/recognizer.h).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/deepgram/protocol.h"
#include "base/clock.h"
#include "ports/recognizer.h"

namespace sotto::deepgram {

struct SessionOptions {
  Duration chunk = 50ms;            // audio in one binary frame: 20 to 100 ms
  double pace = 1.25;               // the most audio seconds a second that the provider takes while it catches up
  Duration burst = 1s;              // that much may be sent ahead of the pace: live words begin with so much
  Duration keep_alive = 4s;         // without audio to send; the server gives up after 10 s
  Duration open_within = 900ms;     // until the handshake is done: three round trips of 250 ms, and room
  Duration answer_within = 2500ms;  // voiced audio sent this long ago must be covered by a result
  Duration send_within = 2s;        // a message that the socket does not take
  Duration close_within = 5s;       // from CloseStream to the server's last result
};

class ListenSession {
 public:
  ListenSession(SessionOptions options, Time now) : options_(options), opened_(now), sent_at_(now), took_at_(now) {}

  // --- the owner's side (ports/recognizer.h) ---
  void push(std::int64_t from, std::span<float const> samples);
  void finish() { finishing_ = true; }
  // In order; SpeechLost and SpeechFinished are the last.
  std::vector<SpeechEvent> take_events();

  // --- the connection's side ---
  void on_open(Time now);
  void on_text(std::string_view text);
  void on_binary() { lose("the provider sent binary data"); }
  void on_refused(int status, std::string const& why);
  void on_closed(int code, std::string const& why);
  struct Message {
    std::string bytes;
    bool binary = false;
  };
  // What to write next; nullopt: nothing before next_wake(). Call again when it was written.
  std::optional<Message> next_message(Time now);
  // At least every 100 ms: deadlines.
  void tick(Time now);
  // When next_message() may have something without anything happening; Time::max(): never.
  Time next_wake() const;
  bool over() const { return over_; }
  std::string const& request_id() const { return request_id_; }

 private:
  // Audio of the connection from `at` on lies at `position` of the track.
  struct Anchor {
    std::int64_t at = 0, position = 0;
  };

  void on_results(Results const& results);
  void decide(std::int64_t to, Results const& results);
  void emit_decided(std::int64_t from, std::int64_t to, Results const& results);
  void emit_partial(std::int64_t to, Results const& results);
  std::vector<RecognizedWord> words_in(Results const& results, std::int64_t from, std::int64_t to) const;
  void close_out();
  void lose(std::string reason, bool refused = false);
  std::int64_t position_of(std::int64_t at) const;
  std::int64_t end_of_piece(std::int64_t at) const;
  std::int64_t sendable(Time now) const;
  Message take_chunk(std::int64_t samples, Time now);

  // Given.
  SessionOptions const options_;
  Time const opened_;
  // State: audio, in samples of the connection.
  std::vector<Anchor> anchors_;
  std::size_t finalized_ = 1;  // anchors whose piece before them was finalized; the first has none
  std::deque<std::int16_t> unsent_;
  std::int64_t queued_ = 0, sent_ = 0;
  std::int64_t decided_ = 0;
  double floor_ = 0.01;  // level of the background, moving; RMS of full scale 1
  struct Voiced {
    std::int64_t to = 0;  // sample of the connection
    Time sent;
  };
  std::deque<Voiced> voiced_;  // sent and not yet covered by a result
  // State: the connection.
  bool open_ = false, over_ = false;
  Time sent_at_;     // the last message handed over
  Time paced_to_{};  // what was sent is taken by then, at the provider's pace
  Time took_at_;     // the socket was last ready for one
  bool finishing_ = false, closing_ = false;
  Time closing_since_{};
  std::string request_id_;
  std::vector<SpeechEvent> events_;
};

}  // namespace sotto::deepgram
