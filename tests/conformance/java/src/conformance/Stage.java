package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import pub.dtm.client.DtmClient;
import pub.dtm.client.interfaces.stub.IDtmServerStub;

/** What every test stands on: the client, a participant of its own, and looks at states. */
abstract class Stage {
  /** Host and port of the server under test. */
  static final String SERVER = System.getProperty("conformance.http");

  static final Map<String, Integer> OUT = Map.of("amount", 30);
  static final Map<String, Integer> IN = Map.of("amount", 31);
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  final DtmClient client = new DtmClient(SERVER);
  Participant participant;

  @BeforeEach
  void open() throws IOException {
    participant = new Participant();
  }

  @AfterEach
  void close() {
    participant.close();
  }

  /** The library's own door to the server; it has no shorter way there. */
  IDtmServerStub stub() {
    return client.newSaga("").getDtmServerStub();
  }

  String newGid() {
    return stub().newGid().getGid();
  }

  String url(String path) {
    return participant.url(path);
  }

  /** The stored transaction and its branches, as GET /api/dtmsvr/query tells them. */
  JsonNode query(String gid) throws Exception {
    String value = URLEncoder.encode(gid, StandardCharsets.UTF_8);
    URI uri = URI.create("http://" + SERVER + "/api/dtmsvr/query?gid=" + value);
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
    HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  String status(String gid) throws Exception {
    return query(gid).path("transaction").path("status").asText("none");
  }

  /** The statuses of the rows in their order: P prepared, S succeed, F failed. */
  String branches(String gid) throws Exception {
    StringBuilder letters = new StringBuilder();
    for (JsonNode row : query(gid).path("branches")) {
      letters.append(Character.toUpperCase(row.path("status").asText().charAt(0)));
    }
    return letters.toString();
  }

  /** branch_id and op of the rows in their order. */
  List<String> ops(String gid) throws Exception {
    List<String> ops = new ArrayList<>();
    for (JsonNode row : query(gid).path("branches")) {
      ops.add(row.path("branch_id").asText() + " " + row.path("op").asText());
    }
    return ops;
  }

  /** The transaction comes to this status, with its rows as told. */
  void comesTo(String gid, String status, String branches) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!status(gid).equals(status)) {
      if (System.nanoTime() > deadline) {
        fail(gid + " is not " + status + ": " + query(gid) + participant.paths());
      }
      Thread.sleep(PAUSE.toMillis());
    }
    assertEquals(branches, branches(gid));
  }

  /** A call of the server's to a branch, complete. */
  static void assertBranchCall(
      Participant.Call call, String gid, String mode, String branch, String op, Object payload)
      throws Exception {
    Map<String, String> query =
        Map.of("gid", gid, "trans_type", mode, "branch_id", branch, "op", op);
    assertEquals(query, call.query());
    assertEquals("POST", call.method());
    assertEquals(JSON.valueToTree(payload), JSON.readTree(call.body()));
    assertEquals("application/json", call.headers().get("content-type"));
  }
}
