import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Reads a page with the HTTP client of Java in its default version, which offers an upgrade to HTTP/2 with every request. */
public class ReadPage {
  public static void main(String[] args) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    if (client.version() != HttpClient.Version.HTTP_2) throw new IllegalStateException("the default is not HTTP/2 any more");
    String path = "/v1/grants/" + System.getenv("SLUICE_GRANT") + "/events?from=earliest";
    HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("SLUICE_URL") + path))
        .header("Authorization", "Bearer " + System.getenv("SLUICE_TOKEN"))
        .build();
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    long lines = response.body().lines().count();
    long expected = Long.parseLong(System.getenv("SLUICE_EVENT_COUNT")) + 1;
    if (response.statusCode() != 200 || lines < expected) {
      System.err.println(response.statusCode() + " with " + lines + " lines instead of " + expected + "\n" + response.body());
      System.exit(1);
    }
  }
}
