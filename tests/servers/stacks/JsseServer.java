import java.io.FileInputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.Security;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** An HTTPS server that serves every version and suite that Java knows. Arguments: address, port, PKCS 12 files. */
class JsseServer {
    private static final char[] PASSWORD = "test".toCharArray();

    public static void main(String[] arguments) throws Exception {
        for (String use : new String[] {"tls.disabled", "tls.legacy", "certpath.disabled"}) {
            Security.setProperty("jdk." + use + "Algorithms", "");
        }
        System.setProperty("jdk.tls.ephemeralDHKeySize", "legacy"); // 768 bits, and 512 for what is EXPORT
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(new FileInputStream(arguments[2]), PASSWORD);
        KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509"); // PKIX decrypts the key each time
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        InetAddress address = InetAddress.getByName(arguments[0]);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[1]), 50, address);
        server.setEnabledProtocols(server.getSupportedProtocols());
        server.setEnabledCipherSuites(server.getSupportedCipherSuites());
        ExecutorService workers = Executors.newFixedThreadPool(8);
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            workers.execute(() -> answer(socket));
        }
    }

    private static void answer(SSLSocket accepted) {
        try (SSLSocket socket = accepted) {
            socket.setSoTimeout(10_000);
            socket.getInputStream().read(new byte[4096]);
            OutputStream output = socket.getOutputStream();
            output.write("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html><title>Test</title>".getBytes());
        } catch (Exception refused) {
            System.err.println(refused.getMessage());
        }
    }
}
