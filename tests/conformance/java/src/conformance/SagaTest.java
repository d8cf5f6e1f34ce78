package conformance;

import static conformance.Participant.ERROR;
import static conformance.Participant.FAILURE;
import static conformance.Participant.OLD_FAILURE;
import static conformance.Participant.ONGOING;
import static conformance.Participant.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import feign.FeignException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import pub.dtm.client.enums.TransTypeEnum;
import pub.dtm.client.exception.FailureException;
import pub.dtm.client.model.param.SagaOperatorParam;
import pub.dtm.client.saga.Saga;

/**
 * Sagas through the published client. Its setters of options call themselves without end, so most
 * tests live with the default retry interval of ten seconds, see submitWithOptions.
 */
class SagaTest extends Stage {
  /** Two steps: /out undone by /out-undo, /in undone by /in-undo. */
  private Saga saga(String gid) {
    return client
        .newSaga(gid)
        .add(url("/out"), url("/out-undo"), OUT)
        .add(url("/in"), url("/in-undo"), IN);
  }

  private Saga saga() {
    return saga(newGid());
  }

  /**
   * Submits as Saga.submit does, with the client's own request, and with what the setters would
   * have set: both in seconds.
   */
  private String submitWithOptions(Saga saga, long retryInterval, long timeoutToFail) {
    SagaOperatorParam request =
        new SagaOperatorParam(
            saga.getGid(),
            TransTypeEnum.SAGA,
            saga.getSteps(),
            saga.getPayloads(),
            saga.getCustomData(),
            saga.isWaitResult(),
            timeoutToFail,
            retryInterval,
            saga.getPassthroughHeaders(),
            saga.getBranchHeaders());
    assertEquals("SUCCESS", saga.getDtmServerStub().submit(request).getDtmResult());
    return saga.getGid();
  }

  /** The HTTP status with which the server refused, or told that it is not done. */
  private static int refusal(Saga saga) {
    Throwable cause = assertThrows(FailureException.class, saga::submit).getCause();
    return assertInstanceOf(FeignException.class, cause).status();
  }

  @Test
  void bothStepsSucceed() throws Exception {
    String gid = saga().submit();
    comesTo(gid, "succeed", "PSPS");
    assertEquals(List.of("/out", "/in"), participant.paths());
    assertEquals(
        List.of("01 compensate", "01 action", "02 compensate", "02 action"), ops(gid));
  }

  @Test
  void aCallCarriesWhoItIsForAndThePayload() throws Exception {
    String gid = saga().submit();
    comesTo(gid, "succeed", "PSPS");
    assertBranchCall(participant.calls().get(0), gid, "saga", "01", "action", OUT);
    assertBranchCall(participant.calls().get(1), gid, "saga", "02", "action", IN);
  }

  @Test
  void withoutAGidTheClientAsksForOne() throws Exception {
    String gid = client.newSaga().add(url("/out"), url("/out-undo"), OUT).submit();
    comesTo(gid, "succeed", "PS");
    assertEquals(gid, participant.calls().get(0).query().get("gid"));
  }

  @Test
  void aGidOfTheCallersIsKept() throws Exception {
    String own = newGid() + "-order 'ä' & co";
    assertEquals(own, saga(own).submit());
    comesTo(own, "succeed", "PSPS");
    assertEquals(own, participant.calls().get(1).query().get("gid"));
  }

  @Test
  void aFailureUndoesInReverse() throws Exception {
    participant.answer("/in", FAILURE);
    String gid = saga().submit();
    comesTo(gid, "failed", "SSSF");
    assertEquals(List.of("/out", "/in", "/in-undo", "/out-undo"), participant.paths());
    assertBranchCall(participant.calls().get(2), gid, "saga", "02", "compensate", IN);
    assertBranchCall(participant.calls().get(3), gid, "saga", "01", "compensate", OUT);
    assertEquals(
        "url:" + url("/in") + " return failed: " + FAILURE.body() + " FAILURE",
        query(gid).path("transaction").path("rollback_reason").asText());
  }

  @Test
  void aFailureInABodyOfStatus200Undoes() throws Exception {
    participant.answer("/in", OLD_FAILURE);
    comesTo(saga().submit(), "failed", "SSSF");
  }

  @Test
  void ongoingIsAskedAgain() throws Exception {
    participant.answer("/out", ONGOING, SUCCESS);
    comesTo(saga().submit(), "succeed", "PSPS");
    assertEquals(List.of("/out", "/out", "/in"), participant.paths());
  }

  @Test
  void anErrorIsAskedAgain() throws Exception {
    participant.answer("/in", ERROR, SUCCESS);
    comesTo(saga().submit(), "succeed", "PSPS");
    assertEquals(List.of("/out", "/in", "/in"), participant.paths());
  }

  @Test
  void aCompensationIsRepeatedUntilItSucceeds() throws Exception {
    participant.answer("/in", FAILURE);
    participant.answer("/in-undo", ERROR, SUCCESS);
    comesTo(saga().submit(), "failed", "SSSF");
    assertEquals(
        List.of("/out", "/in", "/in-undo", "/in-undo", "/out-undo"), participant.paths());
  }

  @Test
  void waitResultReturnsWhenItIsDone() throws Exception {
    String gid = saga().enableWaitResult().submit();
    assertEquals("succeed", status(gid));
    assertEquals("PSPS", branches(gid));
  }

  @Test
  void waitResultTellsOfAFailure() throws Exception {
    participant.answer("/in", FAILURE);
    Saga saga = saga().enableWaitResult();
    assertEquals(409, refusal(saga));
    comesTo(saga.getGid(), "failed", "SSSF");
  }

  @Test
  void waitResultTellsThatItIsNotDone() throws Exception {
    participant.answer("/in", ONGOING, SUCCESS);
    Saga saga = saga().enableWaitResult();
    assertEquals(409, refusal(saga));
    comesTo(saga.getGid(), "succeed", "PSPS");
  }

  @Test
  void branchHeadersReachEveryCall() throws Exception {
    participant.answer("/out", ERROR, SUCCESS);
    Saga saga = saga();
    saga.getBranchHeaders().put("test_header", "test");
    comesTo(saga.submit(), "succeed", "PSPS");
    List<String> seen =
        participant.calls().stream().map(call -> call.headers().get("test_header")).toList();
    assertEquals(List.of("test", "test", "test"), seen);
  }

  @Test
  void passthroughHeadersAreAccepted() throws Exception {
    Saga saga = saga();
    saga.getPassthroughHeaders().add("test_header");
    comesTo(saga.submit(), "succeed", "PSPS");
  }

  @Test
  void aTimeoutUndoesIt() throws Exception {
    participant.answer("/in", ONGOING);
    comesTo(submitWithOptions(saga(), 1, 2), "failed", "SSSP");
    List<String> paths = participant.paths();
    assertEquals(
        List.of("/in-undo", "/out-undo"), paths.subList(paths.size() - 2, paths.size()));
  }

  @Test
  void theRetryIntervalCounts() throws Exception {
    participant.answer("/in", ERROR, ERROR, SUCCESS);
    comesTo(submitWithOptions(saga(), 1, 0), "succeed", "PSPS");
    assertEquals(List.of("/out", "/in", "/in", "/in"), participant.paths());
  }

  @Test
  void concurrentStepsAllRun() throws Exception {
    comesTo(saga().enableConcurrent().submit(), "succeed", "PSPS");
    assertEquals(2, participant.calls().size());
    assertEquals(Set.of("/out", "/in"), Set.copyOf(participant.paths()));
  }

  @Test
  void concurrentStepsKeepTheirOrder() throws Exception {
    Saga saga = saga().enableConcurrent().addBranchOrder(0, List.of(1));
    comesTo(saga.submit(), "succeed", "PSPS");
    assertEquals(List.of("/in", "/out"), participant.paths());
  }

  @Test
  void concurrentStepsAreUndoneAgainstTheirOrder() throws Exception {
    participant.answer("/in", FAILURE);
    Saga saga = saga().enableConcurrent().addBranchOrder(1, List.of(0)).enableWaitResult();
    assertEquals(409, refusal(saga));
    comesTo(saga.getGid(), "failed", "SSSF");
    assertEquals(List.of("/out", "/in", "/in-undo", "/out-undo"), participant.paths());
  }

  @Test
  void emptyCompensationsSucceedWithoutACall() throws Exception {
    participant.answer("/in", FAILURE);
    Saga saga = client.newSaga(newGid()).add(url("/out"), "", OUT).add(url("/in"), "", IN);
    comesTo(saga.submit(), "failed", "SSSF");
    assertEquals(List.of("/out", "/in"), participant.paths());
  }

  @Test
  void aPayloadMayBeNull() throws Exception {
    String gid = client.newSaga(newGid()).add(url("/out"), url("/out-undo"), null).submit();
    comesTo(gid, "succeed", "PS");
    assertBranchCall(participant.calls().get(0), gid, "saga", "01", "action", null);
  }

  @Test
  void aSubmitAfterTheEndIsRefused() throws Exception {
    String gid = saga().submit();
    comesTo(gid, "succeed", "PSPS");
    assertEquals(409, refusal(saga(gid)));
    assertEquals(2, participant.calls().size());
  }
}
