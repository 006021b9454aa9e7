#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "channels/http/service.hpp"
#include "tests/http/api_shop.hpp"

namespace lotse::test {

/// A whole Lotse over the shop, listening on a free port, with a token of every kind.
class ApiService {
 public:
  /// `finished` hears of each request.
  explicit ApiService(std::function<void(const http::Finished&)> finished = {});
  [[nodiscard]] http::Service& service() { return *service_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::uint16_t port() const { return service_->server().port(); }
  /// Token by kind: none, garbage, expired, revoked, channel, agent, agent_sensitive, analyst, author, admin.
  /// Empty: send none.
  [[nodiscard]] const std::map<std::string, std::string>& tokens() const { return tokens_; }

 private:
  Folder folder_;
  std::atomic<Instant> now_{api_minute(60)};
  std::map<std::string, std::string> tokens_;
  std::unique_ptr<http::Service> service_;
};

}  // namespace lotse::test
