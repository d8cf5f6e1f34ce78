package conformance;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A participant: an HTTP server on a free port of loopback that remembers every call and answers as
 * it is told. Thread-safe.
 */
final class Participant implements AutoCloseable {
  static final Answer SUCCESS = new Answer(200, "{\"dtm_result\":\"SUCCESS\"}");
  static final Answer FAILURE = new Answer(409, "{\"error\":\"out of stock\"}");
  static final Answer ONGOING = new Answer(425, "not yet");
  static final Answer ERROR = new Answer(500, "a fault of this participant");
  static final Answer OLD_FAILURE = new Answer(200, "{\"dtm_result\":\"FAILURE\"}");

  record Answer(int status, String body) {}

  /** headers: names in lower case; query: what was decoded; both the last value of each name. */
  record Call(
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      String body) {}

  /** Computes the answer of a path. What it throws becomes a status 500, as a framework would. */
  interface Work {
    Answer answer(Call call) throws Exception;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Call> calls = new ArrayList<>();
  private final Map<String, Deque<Work>> work = new HashMap<>();

  Participant() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** What calls of `path` get, one after the other; the last one repeats. Unspoken: SUCCESS. */
  void answer(String path, Answer... answers) {
    Deque<Work> all = new ArrayDeque<>();
    for (Answer answer : answers) {
      all.add(call -> answer);
    }
    synchronized (this) {
      work.put(path, all);
    }
  }

  synchronized void work(String path, Work does) {
    work.put(path, new ArrayDeque<>(List.of(does)));
  }

  /** In the order of arrival. */
  synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  List<Call> calls(String path) {
    return calls().stream().filter(call -> call.path.equals(path)).toList();
  }

  /** The path of each call, in the order of arrival. */
  List<String> paths() {
    return calls().stream().map(Call::path).toList();
  }

  private void serve(HttpExchange exchange) throws IOException {
    Call call = read(exchange);
    Answer answer;
    try {
      answer = next(call).answer(call);
    } catch (Exception error) {
      answer = new Answer(500, error.toString());
    }
    byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(answer.status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private synchronized Work next(Call call) {
    calls.add(call);
    Deque<Work> left = work.getOrDefault(call.path, new ArrayDeque<>(List.of(c -> SUCCESS)));
    return left.size() > 1 ? left.remove() : left.element();
  }

  private static Call read(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new HashMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(), values.get(values.size() - 1)));
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String path = exchange.getRequestURI().getPath();
    String query = exchange.getRequestURI().getRawQuery();
    return new Call(exchange.getRequestMethod(), path, decode(query), headers, body);
  }

  private static Map<String, String> decode(String query) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String pair : query == null ? new String[0] : query.split("&")) {
      String[] parts = pair.split("=", 2);
      String value = parts.length == 2 ? parts[1] : "";
      values.put(parts[0], URLDecoder.decode(value, StandardCharsets.UTF_8));
    }
    return values;
  }
}
