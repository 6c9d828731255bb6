#include "adapters/postgres/statements.h"

#include <array>

namespace sotto::postgres {

Result<Connection*> Link::get() {
  if (connection_ && connection_->broken()) connection_.reset();
  if (!connection_) {
    auto made = Connection::open(address_, kPatience);
    if (!made) return std::unexpected(made.error());
    connection_ = std::move(*made);
  } else if (connection_->read_only()) {
    // As before a switch-over: it is left as soon as another server takes writes, and read until then.
    if (auto writable = Connection::open(address_, kPatience)) connection_ = std::move(*writable);
  }
  return connection_.get();
}

void Link::reset() {
  if (!connection_) return;
  if (connection_->broken() || !connection_->run(std::array{rollback()})) connection_.reset();
}

}  // namespace sotto::postgres
