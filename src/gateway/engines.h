// The recognisers of a server, and which chain of them hears a tenant's calls. Confined to the loop of the calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "live/speech/engine_chain.h"
#include "ports/recognizer.h"

namespace sotto::gateway {

struct NamedRecognizer {
  std::string name;
  Recognizer* recognizer = nullptr;  // outlives the chain
};

// A chain and the recognisers its engines are.
struct EnginesInChain {
  // At least one. `seed`: of the jitter of its back-offs.
  explicit EnginesInChain(std::vector<NamedRecognizer> const& engines, std::uint64_t seed = 1)
      : chain(names_of(engines), seed) {
    for (auto const& engine : engines) recognizers.push_back(engine.recognizer);
  }
  // The chain knows which of them can serve now.
  void look() {
    for (std::size_t engine = 0; engine < recognizers.size(); ++engine) {
      chain.serves(engine, recognizers[engine]->up());
      chain.reduced(engine, recognizers[engine]->reduced());
    }
  }

  speech::EngineChain chain;
  std::vector<Recognizer*> recognizers;

 private:
  static std::vector<std::string> names_of(std::vector<NamedRecognizer> const& engines) {
    std::vector<std::string> names;
    for (auto const& engine : engines) names.push_back(engine.name);
    return names;
  }
};

// One chain for every tenant that has its own, one for the others.
class Engines {
 public:
  // All tenants: this engine alone.
  explicit Engines(Recognizer& only, std::string name = "local")
      : others_(std::vector<NamedRecognizer>{{std::move(name), &only}}) {}
  Engines(EnginesInChain others, std::map<std::string, EnginesInChain> tenants)
      : others_(std::move(others)), tenants_(std::move(tenants)) {}

  EnginesInChain& of(std::string const& tenant) {
    auto const found = tenants_.find(tenant);
    return found == tenants_.end() ? others_ : found->second;
  }
  // For every chain: the tenant's name, empty for the others'.
  template <typename Visit>
  void each(Visit visit) const {
    visit("", others_);
    for (auto const& [tenant, chain] : tenants_) visit(tenant, chain);
  }

 private:
  EnginesInChain others_;
  std::map<std::string, EnginesInChain> tenants_;
};

}  // namespace sotto::gateway
