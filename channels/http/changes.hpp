#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "channels/http/message.hpp"
#include "engine/runtime/incident_ledger.hpp"
#include "engine/runtime/live.hpp"

namespace lotse::http {

/// Who listens to changes. One observer of the engine for all of them.
///
/// Holds the clients' streams, which hold the server: so it belongs to no route, and goes after the server
/// and `live` have stopped, before `live` goes.
class Changes {
 public:
  explicit Changes(Live& live);
  /// From here on the stream is sent `move` for each change, in one journey or (empty) in all, and `incident`
  /// for each news of what is watched.
  void add(std::shared_ptr<EventStream> stream, std::string journey, bool with_customer);

  void tell(const std::vector<IncidentNews>& news);

 private:
  struct Listener {
    std::shared_ptr<EventStream> stream;
    std::string journey;
    bool with_customer = false;
  };
  void tell(const std::vector<Change>& changes);

  std::mutex mutex_;
  std::vector<Listener> listeners_;
  std::shared_ptr<void> observed_;  ///< last: nothing is told to what is half gone
};

}  // namespace lotse::http
