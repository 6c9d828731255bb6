// Port TenantLibrary: policies, knowledge and intents of tenants in force; grows a generation with every version that
// comes into force. Confined to the loop of the calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "policy/rules.h"

namespace sotto {

namespace language {
class IntentModel;
}
namespace knowledge {
class KnowledgeBase;
using IntentModels = std::vector<std::shared_ptr<language::IntentModel const>>;
}  // namespace knowledge

class TenantLibrary {
 public:
  virtual ~TenantLibrary() = default;
  // Never null. An unknown tenant has no rules.
  virtual std::shared_ptr<PolicySet const> policies(std::string const& tenant, std::string const& team,
                                                    std::string const& agent) = 0;
  // Null where the tenant has no articles.
  virtual std::shared_ptr<knowledge::KnowledgeBase const> knowledge(std::string const& tenant) const = 0;
  // Null where the tenant's policies name no intent.
  virtual std::shared_ptr<knowledge::IntentModels const> intents(std::string const& tenant) const = 0;
  // Terms that recognisers are told to expect; null where the tenant has none.
  virtual std::shared_ptr<std::vector<std::string> const> keyterms(std::string const& tenant) const = 0;
  virtual std::uint64_t generation() const = 0;
};

}  // namespace sotto
