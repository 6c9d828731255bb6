// Plays the rendered demo calls through the server's own /v1/ingest socket, as any other source. Confined to the loop.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "client/call_source.h"
#include "gateway/call_registry.h"

namespace sotto::app {

struct Demo {
  std::string name;   // file name without .wav
  std::string title;  // what happens, from <name>.truth.json
  std::string tenant;
  std::int64_t duration_ms = 0;
};

class DemoPlayer {
 public:
  DemoPlayer(net::Loop& loop, Clock const& clock, std::filesystem::path folder)
      : loop_(loop), clock_(clock), folder_(std::move(folder)) {}
  // Where to stream to; known once the server listens.
  void set_server(net::ServerAddress server) { server_ = std::move(server); }

  std::vector<Demo> list() const;
  // Starts a call and returns its id. Errors: no_such_demo, and those of read_wav.
  Result<std::string> play(std::string const& name);
  // What is heard in it: a WAV file of 16-bit PCM, whatever its file holds; browsers play nothing else everywhere.
  // Errors: no_such_demo, and those of read_wav. Reads a file: call it beside the loop.
  Result<std::string> audio(std::string const& name) const;

 private:
  Result<std::filesystem::path> file_of(std::string const& name) const;

  net::Loop& loop_;
  Clock const& clock_;
  std::filesystem::path const folder_;
  net::ServerAddress server_;
  std::map<std::string, std::shared_ptr<CallSource>> playing_;
};

}  // namespace sotto::app
